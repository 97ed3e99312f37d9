import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { candidateNames, parseHosts, parseResolvConf } from '../../src/http/hosts-file.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A name server on a free port that knows A records; `names` may change while it runs. */
async function nameServer(
  names: Map<string, string>,
): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const labels: string[] = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.subarray(at + 1, at + 1 + length).toString())
      at += length + 1
    }
    const name = labels.join('.')
    const isA = query.readUInt16BE(at + 1) === 1
    if (isA) asked.push(name)
    const address = names.get(name)
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(isA && address !== undefined ? 1 : 0, 6)
    header.writeUInt32BE(0, 8)
    const question = query.subarray(12, at + 5)
    // A pointer to the name, type A, class IN, 30 seconds, four bytes.
    const record = Buffer.from('c00c000100010000001e0004', 'hex')
    const answer = Buffer.from((address ?? '').split('.').map(Number))
    const parts =
      isA && address !== undefined ? [header, question, record, answer] : [header, question]
    socket.send(Buffer.concat(parts), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return { address: `127.0.0.1:${socket.address().port}`, asked }
}

async function resolverWith(
  names: Map<string, string>,
  files: { hosts?: string; conf?: string } = {},
) {
  const directory = temporaryDirectory()
  const hostsPath = join(directory, 'hosts')
  const resolvConfPath = join(directory, 'resolv.conf')
  nodeFileSystem.writeFile(hostsPath, Buffer.from(files.hosts ?? ''))
  nodeFileSystem.writeFile(resolvConfPath, Buffer.from(files.conf ?? ''))
  const clock = new SimClock()
  const server = await nameServer(names)
  const resolver = new Resolver({
    fs: nodeFileSystem,
    clock,
    servers: [server.address],
    hostsPath,
    resolvConfPath,
  })
  return { resolver, clock, asked: server.asked, hostsPath }
}

describe('looking names up', () => {
  it('literals and localhost need neither file nor server', async () => {
    const { resolver, asked } = await resolverWith(new Map())
    expect(await resolver.resolve('10.1.2.3')).toEqual([{ address: '10.1.2.3', family: 4 }])
    expect(await resolver.resolve('::1')).toEqual([{ address: '::1', family: 6 }])
    expect(await resolver.resolve('localhost')).toContainEqual({ address: '127.0.0.1', family: 4 })
    expect(asked).toEqual([])
  })

  it('/etc/hosts comes first, and its changes are seen', async () => {
    const { resolver, clock, asked, hostsPath } = await resolverWith(
      new Map([['db', '10.0.0.9']]),
      { hosts: '10.0.0.1 web DB # comment\n' },
    )
    expect(await resolver.resolve('db')).toEqual([{ address: '10.0.0.1', family: 4 }])
    expect(asked).toEqual([])
    nodeFileSystem.writeFile(hostsPath, Buffer.from('10.0.0.2 db\n'))
    await clock.advance(5_000)
    expect(await resolver.resolve('db')).toEqual([{ address: '10.0.0.2', family: 4 }])
  })

  it('an answer is kept for its time to live, and one question serves all who ask', async () => {
    const names = new Map([['a.example', '10.0.0.1']])
    const { resolver, clock, asked } = await resolverWith(names)
    await Promise.all([resolver.resolve('a.example'), resolver.resolve('A.example')])
    expect(asked).toEqual(['a.example'])
    names.set('a.example', '10.0.0.2')
    expect(await resolver.resolve('a.example')).toEqual([{ address: '10.0.0.1', family: 4 }])
    await clock.advance(30_000)
    expect(await resolver.resolve('a.example')).toEqual([{ address: '10.0.0.2', family: 4 }])
  })

  it('a short name is looked for in the search domains', async () => {
    const { resolver, asked } = await resolverWith(new Map([['db.two.example', '10.0.0.3']]), {
      conf: 'search one.example two.example\n',
    })
    expect(await resolver.resolve('db')).toEqual([{ address: '10.0.0.3', family: 4 }])
    expect(asked).toEqual(['db.one.example', 'db.two.example'])
  })

  it('a name that does not exist is no such host', async () => {
    const { resolver } = await resolverWith(new Map())
    await expect(resolver.resolve('gone.example')).rejects.toThrow(
      'lookup gone.example: no such host',
    )
  })
})

describe('the files of the resolver', () => {
  it('hosts: comments, several names, IPv6', () => {
    const hosts = parseHosts('# x\n127.0.0.1\tlocalhost a\n::1 localhost # y\n\n')
    expect(Object.fromEntries(hosts)).toEqual({ localhost: ['127.0.0.1', '::1'], a: ['127.0.0.1'] })
  })

  it('resolv.conf: search list and ndots decide the order', () => {
    const conf = parseResolvConf('nameserver 1.1.1.1\nsearch a.b c.d\noptions ndots:2 rotate\n')
    expect(candidateNames('x.y', conf)).toEqual(['x.y.a.b', 'x.y.c.d', 'x.y'])
    expect(candidateNames('x.y.z', conf)).toEqual(['x.y.z', 'x.y.z.a.b', 'x.y.z.c.d'])
    expect(candidateNames('x.', conf)).toEqual(['x'])
  })
})
