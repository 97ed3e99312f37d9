import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import type { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { expectExactlyTheWritten, nextStep, readLog } from './acknowledgement-log.ts'
import { seriesCount } from './written-samples.ts'

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

function lastLine(log: string): string {
  return readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? ''
}
