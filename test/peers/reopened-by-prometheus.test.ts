import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const seriesCount = 1_000
/** Seven hours: two or three blocks, head chunk files, and what only the log holds. */
const steps = 1_700
const stepMs = 15_000

describe.skipIf(peersAreAbsent)('a directory of ours under the real Prometheus', () => {
  it('after kill -9 it answers the same sums and counts as we do', {
    timeout: 120_000,
  }, async () => {
    const directory = temporaryDirectory()
    const flags = ['--web.enable-remote-write-receiver']
    const first = await startBuiltServer({ directory, flags })
    const startMs = Math.floor(Date.now() / stepMs) * stepMs - steps * stepMs
    for (let step = 0; step < steps; step += 50) await write(first.url, startMs, step, 50)
    await waitUntil('the head was flushed twice', async () => {
      const flushes = await metric(first.url, 'prometheus_tsdb_head_truncations_total')
      return flushes > 1 ? flushes : undefined
    })
    await first.stop('SIGKILL')
    const blocks = readdirSync(join(directory, 'data')).filter((name) => name.length === 26)
    expect(blocks.length).toBeGreaterThan(1)
    expect(readdirSync(join(directory, 'data', 'chunks_head')).length).toBeGreaterThan(0)

    const copy = temporaryDirectory()
    cpSync(join(directory, 'data'), join(copy, 'data'), { recursive: true })
    const ours = await startBuiltServer({ directory, flags })
    const theirs = await startPrometheus(copy)

    const endSeconds = (startMs + (steps - 1) * stepMs) / 1000
    for (const query of [
      'count(reopened)',
      'sum(reopened)',
      'sum by (parity) (reopened)',
      'sum(count_over_time(reopened[8h]))',
      'sum(sum_over_time(reopened[8h]))',
      'max(max_over_time(reopened[8h])) - min(min_over_time(reopened[8h]))',
      'sum by (parity) (rate(reopened[5m]))',
      'topk(3, reopened)',
      'count(present_over_time({__name__=~"reopened|stale"}[8h]))',
      'count(stale) or vector(-1)',
    ]) {
      const [own, other] = [
        await instant(ours.url, query, endSeconds),
        await instant(theirs.url, query, endSeconds),
      ]
      expect(other.length, query).toBeGreaterThan(0)
      expect(own.map(rounded), query).toEqual(other.map(rounded))
    }
  })
})

async function metric(url: string, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1] ?? Number.NaN)
}

/** A value to 1e-9 relative: the order of addition is each server's own. */
function rounded(sample: {
  readonly metric: object
  readonly value: readonly [number, string]
}): object {
  return {
    metric: sample.metric,
    time: sample.value[0],
    value: Number(Number(sample.value[1]).toPrecision(10)),
  }
}

async function write(
  url: string,
  startMs: number,
  firstStep: number,
  stepCount: number,
): Promise<void> {
  const timestampsMs = Array.from(
    { length: stepCount },
    (_, index) => startMs + (firstStep + index) * stepMs,
  )
  const series = Array.from({ length: seriesCount }, (_, index) => ({
    labels: [
      ['__name__', 'reopened'],
      ['parity', index % 2 === 0 ? 'even' : 'odd'],
      ['series', `series ${index} \u00e9\u{1f525}`],
    ] as const,
    timestampsMs,
    values: Float64Array.from(timestampsMs, (_, step) => (firstStep + step) * (index + 0.1)),
  }))
  // A series whose last sample is the stale marker: it must be absent for both.
  const values = new Float64Array(stepCount)
  new Uint32Array(values.buffer).set([2, 0x7ff00000], (stepCount - 1) * 2)
  const stale = { labels: [['__name__', 'stale']] as const, timestampsMs, values }
  const body = remoteWriteBody([...series, stale])
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    body,
    headers: remoteWriteHeaders,
  })
  expect(`${response.status} ${await response.text()}`).toBe('204 ')
}
