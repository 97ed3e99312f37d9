import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { plainHttp } from '../../src/config/http-config.ts'
import { DialerMetrics } from '../../src/http/dialer-metrics.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { freePort } from '../support/free-port.ts'
import { pageServer } from '../support/page-server.ts'
import { waitUntil } from '../support/wait-until.ts'

const request = { path: '/', headers: [], bodyBytesMax: 1_000, timeoutMs: 10_000 }

function client(metrics: MetricsRegistry, name: string): HttpClient {
  const made = new HttpClient({
    config: plainHttp,
    fs: nodeFileSystem,
    clock: systemClock,
    resolver: new Resolver({ fs: nodeFileSystem, clock: systemClock, servers: ['127.0.0.1:9'] }),
    dials: DialerMetrics.of(metrics).named(name),
  })
  onTestFinished(() => made.close())
  return made
}

/** What is not 0, as `name reason: value`. */
function counted(metrics: MetricsRegistry): readonly string[] {
  return metrics.families().flatMap(({ name, metrics: members }) =>
    members
      .filter(({ value }) => value !== 0)
      .map(({ labels, value }) => {
        const [, ...rest] = labels.map(([, text]) => text)
        return `${[name.replace(/^net_conntrack_dialer_conn_|_total$/g, ''), ...rest].join(' ')}: ${value}`
      }),
  )
}

it('counts connections, what became of them and when they end, for everybody of one name', async () => {
  const metrics = new MetricsRegistry()
  const server = await pageServer((_, response) => response.end())
  const first = client(metrics, 'job')
  for (let round = 0; round < 3; round++) await first.send(`http://${server.host}`, request)
  await client(metrics, 'job').send(`http://${server.host}`, request)
  expect(counted(metrics)).toEqual(['attempted: 2', 'established: 2'])
  first.close()
  await waitUntil(
    'its end is counted',
    async () => counted(metrics).includes('closed: 1') || undefined,
  )
})

it('counts failures by their reason, those that upstream calls unknown, too, twice', async () => {
  const metrics = new MetricsRegistry()
  const http = client(metrics, 'job')
  await expect(http.send(`http://127.0.0.1:${await freePort()}`, request)).rejects.toThrow()
  expect(counted(metrics)).toEqual(['attempted: 1', 'failed refused: 1', 'failed unknown: 1'])
  await expect(http.send('http://nowhere.invalid', request)).rejects.toThrow()
  expect(counted(metrics)).toEqual([
    'attempted: 2',
    'failed resolution: 1',
    'failed refused: 1',
    'failed unknown: 1',
  ])
})

it('a connection on which TLS fails was one', async () => {
  const metrics = new MetricsRegistry()
  const server = await pageServer((_, response) => response.end())
  await expect(client(metrics, 'job').send(`https://${server.host}`, request)).rejects.toThrow()
  expect(counted(metrics)).toEqual(['attempted: 1', 'closed: 1', 'established: 1'])
})
