import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { expectExactlyTheWritten, nextStep } from './acknowledgement-log.ts'

const rounds = process.env.NARTHEX_SOAK === undefined ? 3 : 30

it(`${rounds} times SIGTERM under load ends within 10 s with code 0, or at once by a second one, and nothing acknowledged is lost`, {
  timeout: rounds * 60_000,
}, async () => {
  const random = seededRandom(Number(process.env.SEED ?? 1))
  const directory = temporaryDirectory()
  const log = join(directory, 'acknowledged.log')
  const startMs = Math.floor(Date.now() / 1000) * 1000
  const slowest = { once: 0, twice: 0 }
  for (let round = 0; round < rounds; round++) {
    const flags = ['--web.enable-remote-write-receiver', '--log.level=warn']
    const config = 'storage: { tsdb: { out_of_order_time_window: 1h } }\n'
    const server = await startBuiltServer({ directory, flags, config })
    await expectExactlyTheWritten(server, log, startMs)
    const entry = join(import.meta.dirname, 'writer-process.ts')
    const parameters = [server.url, log, String(startMs), String(nextStep(log))]
    const writer = fork(entry, parameters, { execArgv: ['--import', 'tsx'] })
    onTestFinished(() => {
      writer.kill('SIGKILL')
    })
    const writerEnds = new Promise((resolve) => writer.once('exit', resolve))
    await new Promise((resolve) => writer.once('message', resolve))
    await pause(random() * 2_000)
    const asked = instant(server.url, 'sum(rate(written[1h]))').catch(() => undefined)
    const isTwice = round % 3 === 2
    const beganMs = performance.now()
    server.signal('SIGTERM')
    if (isTwice) server.signal('SIGTERM')
    const code = await server.ended
    const tookMs = performance.now() - beganMs
    expect([code, tookMs < 10_000], server.said).toEqual([0, true])
    const kind = isTwice ? 'twice' : 'once'
    slowest[kind] = Math.max(slowest[kind], Math.round(tookMs))
    await Promise.all([asked, writerEnds])
  }
  const server = await startBuiltServer({ directory })
  await expectExactlyTheWritten(server, log, startMs)
  console.log(`the slowest end took ${slowest.once} ms, ${slowest.twice} ms with two signals`)
})
