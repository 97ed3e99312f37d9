import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { raw } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const rounds = process.env.NARTHEX_SOAK === undefined ? 1 : 10
const seriesCount = 2_000
const stepMs = 15_000
const stepsPerRequest = 5

const mounted = mountSmallDisk()

/** 64 MiB of memory as a disk; undefined where this is not allowed. */
function mountSmallDisk(): string | undefined {
  const directory = temporaryDirectory(() => undefined)
  const { status, stderr } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory],
    { encoding: 'utf8' },
  )
  if (status === 0) return directory
  console.log(`SKIPPED: no disk of 64 MiB can be mounted here: ${stderr}`)
  rmSync(directory, { recursive: true })
  return undefined
}

/** What was sent to a server, step after step, and which steps it acknowledged. */
class Ingest {
  step = 0
  readonly acknowledged: number[] = []
  /** Steps are sent far faster than time goes by, and what is ahead of now is refused. */
  readonly #startMs = Math.floor(Date.now() / stepMs) * stepMs - rounds * 86_400_000

  timeOf(step: number): number {
    return this.#startMs + step * stepMs
  }

  valueOf(series: number, step: number): number {
    return Math.sin(series * 1_000 + step) * 1e6
  }

  /** Answers the status. */
  async send(url: string): Promise<number> {
    const steps = Array.from({ length: stepsPerRequest }, (_, index) => this.step + index)
    this.step += stepsPerRequest
    const body = remoteWriteBody(
      Array.from({ length: seriesCount }, (_, series) => ({
        labels: [
          ['__name__', 'filling'],
          ['series', String(series).padStart(4, '0')],
        ] as const,
        timestampsMs: steps.map((step) => this.timeOf(step)),
        values: Float64Array.from(steps, (step) => this.valueOf(series, step)),
      })),
    )
    const headers = remoteWriteHeaders
    const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body })
    await response.arrayBuffer()
    if (response.status === 204) this.acknowledged.push(...steps)
    return response.status
  }

  /** Every acknowledged sample from a time on is there, and none that was refused. */
  async check(url: string, fromMs: number): Promise<void> {
    const faults: string[] = []
    for (let part = 0; part < 10; part++) {
      const selector = `filling{series=~".*${part}7"}`
      const found = await raw(url, selector, '2d', this.timeOf(this.step) / 1_000)
      if (found.length !== seriesCount / 100) faults.push(`${found.length} series`)
      for (const { metric, values } of found) {
        const stored = values
          .map(([seconds, value]) => `${Math.round(seconds * 1_000)} ${value}`)
          .filter((line) => Number(line.split(' ')[0]) >= fromMs)
        const expected = this.acknowledged
          .filter((step) => this.timeOf(step) >= fromMs)
          .map((step) => `${this.timeOf(step)} ${this.valueOf(Number(metric.series), step)}`)
        if (stored.join() !== expected.join()) {
          faults.push(`series ${metric.series}: ${stored.length} of ${expected.length}`)
        }
      }
    }
    expect(faults.slice(0, 5)).toEqual([])
  }
}

/** Somebody else takes all the room that there is. */
function fill(path: string): void {
  const piece = Buffer.alloc(65_536, 1)
  for (;;) {
    try {
      appendFileSync(path, piece)
    } catch {
      return
    }
  }
}

describe.skipIf(mounted === undefined)('a disk of 64 MiB', () => {
  it(`is filled ${rounds} times by somebody else, and by us: samples are refused and taken again without a restart`, {
    timeout: 120_000 * rounds,
  }, async () => {
    const disk = mounted ?? ''
    onTestFinished(() => {
      spawnSync('umount', ['-l', disk])
      rmSync(disk, { recursive: true })
    })
    const directory = join(disk, 'server')
    mkdirSync(directory)
    const flags = [
      '--web.enable-remote-write-receiver',
      '--storage.tsdb.min-block-duration=10m',
      '--storage.tsdb.max-block-duration=30m',
      '--storage.tsdb.retention.size=20MB',
      '--storage.tsdb.block-reload-interval=1s',
      '--log.level=error',
    ]
    const server = await startBuiltServer({ directory, flags })
    const ingest = new Ingest()
    for (let round = 0; round < rounds; round++) {
      for (let request = 0; request < 20; request++) {
        await waitUntil('samples are taken', async () =>
          (await ingest.send(server.url)) === 204 ? true : undefined,
        )
      }
      const filler = join(disk, 'filler')
      fill(filler)
      const refused = await waitUntil('a request is refused', async () => {
        const status = await ingest.send(server.url)
        return status === 204 ? undefined : status
      })
      expect(refused).toBe(503)
      await ingest.check(server.url, ingest.timeOf(ingest.step - 20))
      expect((await fetch(`${server.url}/-/healthy`)).status).toBe(200)
      rmSync(filler)
      const beganMs = performance.now()
      await waitUntil('samples are taken again', async () =>
        (await ingest.send(server.url)) === 204 ? true : undefined,
      )
      expect(performance.now() - beganMs).toBeLessThan(15_000)
    }
    // By ourselves: more than the disk holds, as fast as it goes.
    let refused = 0
    for (let request = 0; request < 120 * rounds; request++) {
      if ((await ingest.send(server.url)) !== 204) refused++
    }
    const { bsize, bavail } = statfsSync(disk)
    // No room comes from elsewhere: the head's blocks are written and deleted one after the other.
    await waitUntil(
      'samples are taken',
      async () => ((await ingest.send(server.url)) === 204 ? true : undefined),
      120_000,
    )
    const keptFromMs = ingest.timeOf(ingest.step - 40)
    await ingest.check(server.url, keptFromMs)
    await server.stop('SIGKILL')
    const again = await startBuiltServer({ directory, flags })
    await ingest.check(again.url, keptFromMs)
    console.log(
      `${ingest.acknowledged.length} steps acknowledged, ${refused} requests refused while filling by ourselves, ${(bsize * bavail) >> 20} MiB free`,
    )
  })
})
