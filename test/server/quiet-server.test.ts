import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { nodeFlags, serverEnvironment } from '../../scripts/server-process.mjs'
import { freePort } from '../support/free-port.ts'
import { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const root = join(import.meta.dirname, '..', '..')

async function serverOf(flags: readonly string[]): Promise<RealProcess> {
  const port = await freePort()
  const parameters = [
    ...[...flags, '--trace-gc-nvp', join(root, 'dist', 'narthex.cjs')],
    `--config.file=${join(root, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(temporaryDirectory(), 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const environment = serverEnvironment(process.env)
  const url = `http://127.0.0.1:${port}`
  const server = new RealProcess(process.execPath, parameters, url, environment)
  onTestFinished(async () => {
    await server.stop('SIGKILL')
  })
  await server.ready('/-/ready')
  return server
}

/** How often V8 collected to give memory back. */
function compactions({ said }: RealProcess): number {
  return [...said.matchAll(/reduce_memory"?[=:]\s*(1|true)/g)].length
}

it('a server without much to do is not held up to give back memory of V8', async () => {
  const isDelay = (flag: string) => flag.startsWith('--gc-memory-reducer-start-delay-ms=')
  expect(nodeFlags.filter(isDelay)).toHaveLength(1)
  const flags = nodeFlags.filter((flag) => !isDelay(flag))
  const [ours, asV8] = await Promise.all([serverOf(nodeFlags), serverOf(flags)])
  await waitUntil('V8 gives memory back', () => (compactions(asV8) > 0 ? true : undefined), 90_000)
  expect(compactions(ours)).toBe(0)
})
