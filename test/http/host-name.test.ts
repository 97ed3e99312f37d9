import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { fullHostName } from '../../src/http/host-name.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function hostsFile(text: string): string {
  const path = join(temporaryDirectory(), 'hosts')
  writeFileSync(path, text)
  return path
}

it.each([
  ['web', '10.0.0.1 web.example web\n', 'web.example.'],
  ['vm', '127.0.0.1 localhost\n127.0.0.1 vm\n', 'localhost'],
])('the full name of host %s is the first of its address', async (name, hosts, full) => {
  const options = { fs: nodeFileSystem, clock: new SimClock(), hostsPath: hostsFile(hosts) }
  expect(await fullHostName(name, options)).toBe(full)
})

it('a host whose name server is silent keeps the name that it gives itself', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    socket.close()
  })
  const clock = new SimClock()
  const servers = [`127.0.0.1:${socket.address().port}`]
  const name = fullHostName('web', { fs: nodeFileSystem, clock, servers, hostsPath: '/nowhere' })
  await clock.advance(limits.hostNameMs)
  expect(await name).toBe('web')
})
