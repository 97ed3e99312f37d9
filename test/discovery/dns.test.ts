import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { RecordLookup } from '../../src/http/record-lookup.ts'
import { DiscoveryBench } from '../support/discovery-bench.ts'
import { nameServerIsAbsent, startNameServer } from '../support/name-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const records = `@ NS ns1
@ NS ns.other.test.
@ MX 10 mail
ns1 A 127.0.0.1
web A 10.0.0.1
web A 10.0.0.2
web AAAA 2001:db8::1
alias CNAME web
_m._tcp SRV 1 2 9100 web
_m._tcp SRV 1 2 9200 db.other.test.
_m._tcp.sub SRV 1 2 9300 web`

const job = (keys: string) => `- job_name: d
  dns_sd_configs: [{refresh_interval: 30s, ${keys}}]
`

/** Sends everything on to a name server but what asks for `silent`. */
async function partlySilent(server: string): Promise<string> {
  const [host = '', port = ''] = server.split(':')
  const front = createSocket('udp4')
  front.on('message', (query, from) => {
    if (query.includes('silent')) return
    const back = createSocket('udp4')
    back.once('message', (answer) => {
      front.send(answer, from.port, from.address)
      back.close()
    })
    back.send(query, Number(port), host)
  })
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    front.close()
  })
  return `127.0.0.1:${front.address().port}`
}

describe.skipIf(nameServerIsAbsent)('DNS discovery, with a real name server', () => {
  it('makes a target of each record of every type', async () => {
    const server = await startNameServer(records)
    const bench = new DiscoveryBench({ servers: [server.address] })
    bench.apply(`- job_name: srv
  dns_sd_configs: [{names: [_m._tcp.example.test]}]
- job_name: a
  dns_sd_configs: [{names: [web.example.test], type: a, port: 80}]
- job_name: aaaa
  dns_sd_configs: [{names: [web.example.test], type: AAAA, port: 80}]
- job_name: cname
  dns_sd_configs: [{names: [alias.example.test], type: A, port: 80}]
- job_name: mx
  dns_sd_configs: [{names: [example.test], type: MX, port: 25}]
- job_name: ns
  dns_sd_configs: [{names: [example.test], type: NS, port: 53}]
- job_name: none
  dns_sd_configs: [{names: [no.example.test, web.example.test], type: SRV}]
`)
    const srv = { __meta_dns_name: '_m._tcp.example.test' }
    await bench.untilTargets('srv', [
      {
        __address__: 'web.example.test:9100',
        ...srv,
        __meta_dns_srv_record_target: 'web.example.test.',
        __meta_dns_srv_record_port: '9100',
      },
      {
        __address__: 'db.other.test:9200',
        ...srv,
        __meta_dns_srv_record_target: 'db.other.test.',
        __meta_dns_srv_record_port: '9200',
      },
    ])
    const web = { __meta_dns_name: 'web.example.test' }
    await bench.untilTargets('a', [
      { __address__: '10.0.0.1:80', ...web },
      { __address__: '10.0.0.2:80', ...web },
    ])
    await bench.untilTargets('aaaa', [{ __address__: '[2001:db8::1]:80', ...web }])
    const alias = { __meta_dns_name: 'alias.example.test' }
    await bench.untilTargets('cname', [
      { __address__: '10.0.0.1:80', ...alias },
      { __address__: '10.0.0.2:80', ...alias },
    ])
    const zone = { __meta_dns_name: 'example.test' }
    await bench.untilTargets('mx', [
      {
        __address__: 'mail.example.test:25',
        ...zone,
        __meta_dns_mx_record_target: 'mail.example.test.',
      },
    ])
    await bench.untilTargets('ns', [
      {
        __address__: 'ns1.example.test:53',
        ...zone,
        __meta_dns_ns_record_target: 'ns1.example.test.',
      },
      { __address__: 'ns.other.test:53', ...zone, __meta_dns_ns_record_target: 'ns.other.test.' },
    ])
    await bench.untilMetric('prometheus_sd_dns_lookups_total', 8)
    expect(bench.metric('prometheus_sd_dns_lookup_failures_total')).toBe(0)
    await bench.untilTargets('none', [])
  })

  it('reads an answer that is too long for a datagram over TCP', async () => {
    const many = Array.from(
      { length: 200 },
      (_, index) => `_big._tcp SRV 1 2 ${index + 1} host${index}`,
    )
    const server = await startNameServer(many.join('\n'))
    const lookup = new RecordLookup({ fs: nodeFileSystem, servers: [server.address] })
    const found = await lookup.lookup('_big._tcp.example.test', 'SRV')
    expect(found.map(({ port }) => port).sort((a, b) => a - b)).toEqual(
      many.map((_, index) => index + 1),
    )
  })

  it('tries the search domains, and no more forms than exist', async () => {
    const server = await startNameServer(records)
    const resolvConfPath = join(temporaryDirectory(), 'resolv.conf')
    const lookup = new RecordLookup({
      fs: nodeFileSystem,
      servers: [server.address],
      resolvConfPath,
    })
    writeFileSync(resolvConfPath, 'search nowhere.example.test sub.example.test example.test\n')
    expect(await lookup.lookup('_m._tcp', 'SRV')).toEqual([
      { host: 'web.example.test', port: 9300 },
    ])
    expect(await lookup.lookup('web', 'A')).toEqual([
      { host: '10.0.0.1', port: 0 },
      { host: '10.0.0.2', port: 0 },
    ])
    expect(await lookup.lookup('web', 'MX')).toEqual([])
    expect(await lookup.lookup('nothing.example.test', 'A')).toEqual([])
    await expect(lookup.lookup('web.foreign.test.', 'A')).rejects.toThrow(
      'could not resolve "web.foreign.test.": all servers responded with errors to at least one search domain',
    )
  })

  it('keeps what a name had while its name server is gone, and counts the failures', async () => {
    const server = await startNameServer(records)
    const bench = new DiscoveryBench({ servers: [server.address] })
    bench.apply(job('names: [web.example.test], type: AAAA, port: 1'))
    await bench.untilTold(['d: [2001:db8::1]:1 web.example.test'])
    await server.stop()
    await bench.clock.advance(30_000)
    await bench.untilMetric('prometheus_sd_dns_lookup_failures_total', 1)
    expect(bench.logged[0]).toContain('Error refreshing DNS targets: could not resolve')
    await bench.clock.advance(10_000)
    expect(bench.told.at(-1)).toEqual(['d: [2001:db8::1]:1 web.example.test'])
  })

  it('tells of a name while nobody answers for another', async () => {
    const server = await startNameServer(records)
    const bench = new DiscoveryBench({ servers: [await partlySilent(server.address)] })
    bench.apply(job('names: [a.silent.test, web.example.test, b.silent.test], type: AAAA, port: 1'))
    await bench.untilTold(['d: [2001:db8::1]:1 web.example.test'])
    expect(bench.metric('prometheus_sd_dns_lookups_total')).toBe(1)
    expect(bench.metric('prometheus_sd_refresh_duration_seconds_count')).toBe(0)
  })
})
