import { join } from 'node:path'
import { expect, it } from 'vitest'
import { usageOf } from '../../bench/process-usage.ts'
import { renderStorage, stepMs } from '../../bench/storage-data.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { RealProcess } from '../support/real-process.ts'
import { remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const shape =
  process.env.NARTHEX_SOAK === undefined
    ? { series: 20_000, steps: 120, stepsPerBody: 40 }
    : { series: 1_000_000, steps: 60, stepsPerBody: 20 }
const samples = shape.series * shape.steps
/** Row 15 of the reliability table. */
const timesMemoryMax = 1.2
const deaths = 5

async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.status
  } catch (thrown) {
    if (thrown instanceof TypeError) return 0
    throw thrown
  }
}

async function untilAnswers(server: RealProcess, path: string, wanted: number): Promise<number[]> {
  const seen: number[] = []
  while (seen.at(-1) !== wanted) seen.push(await statusOf(server.url + path))
  return seen
}

it(`a replay of ${samples} samples takes no more memory than they took before, tells how far it is, and ends ready after ${deaths} deaths`, {
  timeout: process.env.NARTHEX_SOAK === undefined ? 180_000 : 3_600_000,
}, async () => {
  const directory = temporaryDirectory()
  const flags = ['--web.enable-remote-write-receiver', '--log.level=warn']
  const server = await startBuiltServer({ directory, flags })
  const startMs = Math.floor(Date.now() / stepMs) * stepMs - shape.steps * stepMs
  for (const body of renderStorage(shape, startMs, 1)) {
    const request = { method: 'POST', headers: remoteWriteHeaders, body: body.slice() }
    const response = await fetch(`${server.url}/api/v1/write`, request)
    expect(await response.text()).toBe('')
  }
  const before = usageOf(server.pid).residentBytes
  await server.stop('SIGKILL')

  const replay = async (): Promise<RealProcess> => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const parameters = [
      join(import.meta.dirname, '..', '..', 'dist', 'narthex.cjs'),
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ]
    const started = new RealProcess(process.execPath, parameters, url)
    await untilAnswers(started, '/-/healthy', 200)
    return started
  }
  for (let death = 0; death < deaths; death++) {
    const dying = await replay()
    expect(await statusOf(`${dying.url}/-/ready`), 'it dies while it replays').toBe(503)
    await dying.stop('SIGKILL')
  }
  const careful = await replay()
  try {
    const seen = new Set(await untilAnswers(careful, '/-/ready', 200))
    expect([...seen].sort()).toEqual([200, 503])
    expect(careful.said).toContain('the head is flushed first')
    const peak = usageOf(careful.pid).peakResidentBytes
    console.log(
      `${(peak / before).toFixed(2)} times the ${Math.round(before / 2 ** 20)} MiB of before`,
    )
    expect(peak / before).toBeLessThan(timesMemoryMax)
    const lastMs = startMs + (shape.steps - 1) * stepMs
    const path = `count({cluster="eu-west-1"})&time=${lastMs / 1_000}`
    const answer = await fetch(`${careful.url}/api/v1/query?query=${path}`)
    expect(await answer.text()).toContain(`"${shape.series}"`)
    await careful.stop('SIGKILL')
    const usual = await replay()
    await untilAnswers(usual, '/-/ready', 200)
    expect(usual.said).not.toContain('the head is flushed first')
    expect(usageOf(usual.pid).peakResidentBytes / before).toBeLessThan(timesMemoryMax)
    await usual.stop('SIGKILL')
  } finally {
    await careful.stop('SIGKILL')
  }
})
