import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { raw } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import type { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { sampleValue, seriesCount, timestampOf } from './written-samples.ts'

const cycles = Number(process.env.NARTHEX_KILLS ?? 20)
/** Of 20 kills, as many must hit a request that was sent and not yet answered. */
const inProgressShareMin = 0.75

it(`${cycles} times kill -9 during ingest lose, invent or double no acknowledged sample`, {
  timeout: cycles * 30_000,
}, async () => {
  const seed = Number(process.env.SEED ?? 1)
  const random = seededRandom(seed)
  const directory = temporaryDirectory()
  const log = join(directory, 'acknowledged.log')
  const port = await freePort()
  const startMs = Math.floor(Date.now() / 1000) * 1000
  let hits = 0
  for (let cycle = 0; cycle < cycles; cycle++) {
    const server = await startBuiltServer({
      directory,
      port,
      flags: ['--web.enable-remote-write-receiver', '--log.level=warn'],
      config: `storage: { tsdb: { out_of_order_time_window: 1h } }\nscrape_configs: [{ job_name: self, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]`,
    })
    await expectExactlyTheWritten(server, log, startMs)
    const writer = startWriter(server.url, log, startMs, nextStep(log))
    await killDuringWrite(server, writer, random)
    if (lastLine(log).startsWith('refused')) hits++
  }
  const server = await startBuiltServer({ directory, port })
  await expectExactlyTheWritten(server, log, startMs)
  console.log(
    `${hits} of ${cycles} kills hit a write in progress; ${readLog(log).acknowledged.size} requests of ${seriesCount} samples were acknowledged; SEED=${seed}`,
  )
  expect(hits).toBeGreaterThanOrEqual(Math.ceil(cycles * inProgressShareMin))
})

/** Kills at a random moment 20 to 3,000 ms after the start, then some moments into the next request. */
async function killDuringWrite(
  server: RealProcess,
  writer: ChildProcess,
  random: () => number,
): Promise<void> {
  const ended = new Promise((resolve) => writer.once('exit', resolve))
  await pause(20 + random() * 2_980)
  await new Promise((resolve) => writer.once('message', resolve))
  await pause(random() * 8)
  await server.stop('SIGKILL')
  await ended
}

function startWriter(url: string, log: string, startMs: number, firstStep: number): ChildProcess {
  const entry = join(import.meta.dirname, 'writer-process.ts')
  const writer = fork(entry, [url, log, String(startMs), String(firstStep)], {
    execArgv: ['--import', 'tsx'],
  })
  onTestFinished(() => {
    writer.kill('SIGKILL')
  })
  return writer
}

/**
 * Every acknowledged sample is there bit for bit; what else is there was sent; nothing stands
 * twice. A request that was sent but not answered may be there or not, sample by sample.
 */
async function expectExactlyTheWritten(
  server: RealProcess,
  log: string,
  startMs: number,
): Promise<void> {
  const { sent, acknowledged } = readLog(log)
  if (sent.size === 0) return
  // The later of two steps may come first.
  const endSeconds = timestampOf(startMs, 0, Math.max(...sent) + 1) / 1000
  const series = await raw(server.url, 'written', '1d', endSeconds)
  const faults: string[] = []
  if (acknowledged.size > 0 && series.length !== seriesCount)
    faults.push(`${series.length} series of ${seriesCount}`)
  for (const { metric, values } of series) {
    const name = Number(metric.series)
    const stored = new Map(
      values.map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)]),
    )
    if (stored.size !== values.length)
      faults.push(`series ${name}: ${values.length - stored.size} samples doubled`)
    for (const step of sent) {
      const timestampMs = timestampOf(startMs, name, step)
      const value = stored.get(timestampMs)
      stored.delete(timestampMs)
      if (value === undefined && acknowledged.has(step))
        faults.push(`series ${name}: step ${step} lost`)
      if (value !== undefined && !Object.is(value, sampleValue(name, step)))
        faults.push(`series ${name}: step ${step} is ${value}`)
    }
    if (stored.size > 0) faults.push(`series ${name}: ${stored.size} samples invented`)
  }
  expect(faults.slice(0, 10)).toEqual([])
}

interface Log {
  readonly sent: ReadonlySet<number>
  readonly acknowledged: ReadonlySet<number>
}

function readLog(log: string): Log {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  const steps = (word: string) =>
    new Set(
      lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(' ')[1])),
    )
  return { sent: steps('sent'), acknowledged: steps('acknowledged') }
}

function nextStep(log: string): number {
  const { sent } = readLog(log)
  return sent.size === 0 ? 0 : Math.max(...sent) + 1
}

function lastLine(log: string): string {
  return readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? ''
}
