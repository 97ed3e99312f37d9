import { promises as dns } from 'node:dns'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { RealProcess } from './real-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { waitUntil } from './wait-until.ts'

/** A real name server's program (NSD); .ci/run unpacks it. */
const program = process.env.NARTHEX_NAME_SERVER

/** True, and said loudly, when a test has to be skipped for want of a real name server. */
export const nameServerIsAbsent = absent()

export interface NameServer {
  /** host:port */
  readonly address: string
  stop(): Promise<unknown>
}

/** Serves the zone example.test with these records, until the test is over. */
export async function startNameServer(records: string): Promise<NameServer> {
  const directory = temporaryDirectory()
  const port = await freePort()
  const zone = '$ORIGIN example.test.\n$TTL 60\n@ SOA ns1 admin 1 3600 600 86400 60\n'
  writeFileSync(join(directory, 'zone'), `${zone}${records}\n`)
  writeFileSync(join(directory, 'nsd.conf'), configuration(directory, port))
  const server = new RealProcess(
    program ?? '',
    ['-d', '-c', join(directory, 'nsd.conf')],
    `127.0.0.1:${port}`,
  )
  onTestFinished(async () => {
    await server.stop()
  })
  const resolver = new dns.Resolver({ timeout: 200, tries: 1 })
  resolver.setServers([server.url])
  await waitUntil(`the name server answers: ${server.said}`, () =>
    resolver.resolveSoa('example.test').then(
      () => true,
      () => undefined,
    ),
  )
  return { address: server.url, stop: () => server.stop() }
}

function configuration(directory: string, port: number): string {
  return `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  database: ""
  zonesdir: "${directory}"
  pidfile: ""
  xfrdfile: "${directory}/xfrd"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/zones"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: example.test
  zonefile: zone
`
}

function absent(): boolean {
  if (program !== undefined) return false
  console.log('SKIPPED: NARTHEX_NAME_SERVER is not set, so nothing is asked of a real name server')
  return true
}
