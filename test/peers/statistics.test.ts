import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import {
  remoteWriteBody,
  remoteWriteHeaders,
  type WrittenSeries,
} from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const receiver = '--web.enable-remote-write-receiver'
const startMs = Math.floor(Date.now() / 1_000) * 1_000 - 600_000

/** Metric m has m series, so that no two counts of the first lists are equal. */
function series(): readonly WrittenSeries[] {
  const all: WrittenSeries[] = []
  for (let metric = 1; metric <= 30; metric++) {
    for (let n = 0; n < metric; n++) {
      all.push({
        labels: [
          ['__name__', `metric_${metric}`],
          ['instance', `host-${n}`],
          ['long', 'é'.repeat(n % 2 === 0 ? 10 : 200)],
          ['parity', String(metric % 2)],
        ],
        timestampsMs: [startMs, startMs + metric * 15_000],
        values: Float64Array.of(1, 2),
      })
    }
  }
  return all
}

describe.skipIf(peersAreAbsent)('statistics beside the real Prometheus', () => {
  it('of the head are the same, with every limit, and before there is a sample', {
    timeout: 60_000,
  }, async () => {
    const directory = temporaryDirectory()
    const ours = await startBuiltServer({ directory, flags: [receiver] })
    const theirs = await startTheirs(directory)
    for (const limit of ['', '0', '-1', 'x']) await agree(ours.url, theirs.url, limit)
    for (const { url } of [ours, theirs]) {
      const body = remoteWriteBody(series())
      const init = { method: 'POST', body, headers: remoteWriteHeaders }
      expect((await fetch(`${url}/api/v1/write`, init)).status).toBe(204)
    }
    for (const limit of ['1', '2', '7', '29', '100']) await agree(ours.url, theirs.url, limit)
  })
})

async function agree(ours: string, theirs: string, limit: string): Promise<void> {
  expect(await ask(ours, limit)).toEqual(await ask(theirs, limit))
}

type Lists = Record<string, { name: string; value: number }[] | object>

/** The last of a list may be one of several with its count: their names are left out. */
async function ask(url: string, limit: string): Promise<object> {
  const response = await fetch(`${url}/api/v1/status/tsdb${limit === '' ? '' : `?limit=${limit}`}`)
  const answer: { data?: Lists } = JSON.parse(await response.text())
  for (const list of Object.values(answer.data ?? {})) {
    if (!Array.isArray(list)) continue
    const least = list.at(-1)?.value
    for (const entry of list) if (entry.value === least) entry.name = ''
    list.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
  }
  return { status: response.status, answer }
}

async function startTheirs(directory: string): Promise<RealProcess> {
  const file = join(directory, 'theirs.yml')
  writeFileSync(file, '')
  const listen = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, 'theirs')}`,
    `--web.listen-address=${listen}`,
    receiver,
  ]
  const prometheus = new RealProcess(peer('prometheus'), flags, `http://${listen}`)
  onTestFinished(async () => {
    await prometheus.stop('SIGKILL')
  })
  await prometheus.ready('/-/ready')
  return prometheus
}
