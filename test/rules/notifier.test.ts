import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { Labels } from '../../src/model/labels.ts'
import { Alert } from '../../src/rules/alert.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { AlertNotifier } from '../support/alert-notifier.ts'
import { freePort } from '../support/free-port.ts'
import { pageServer } from '../support/page-server.ts'
import { waitUntil as waitLong } from '../support/wait-until.ts'

interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>
}

const waitUntil = <T>(what: string, ask: () => T | undefined) => waitLong(what, ask, 5_000)

const atMs = 1_700_000_000_000

function alertsNamed(...names: readonly string[]): readonly Alert[] {
  return names.map((name) => alertOf({ alertname: name }))
}

function alertOf(labels: Readonly<Record<string, string>>): Alert {
  const alert = new Alert(Labels.of(labels), atMs)
  alert.state = 'firing'
  alert.firedAtMs = atMs
  alert.validUntilMs = atMs + 240_000
  return alert
}

/** An Alertmanager that keeps the labels of what it is told, batch by batch. */
async function alertmanager(answer: RequestListener = (_request, response) => response.end()) {
  const batches: Readonly<Record<string, string>>[][] = []
  const server = await pageServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const posted = JSON.parse(Buffer.concat(pieces).toString()) as PostedAlert[]
      batches.push(posted.map(({ labels }) => labels))
      answer(request, response)
    })
  })
  return { host: server.host, requests: server.requests, batches }
}

function sections(...hosts: readonly string[]): string {
  const each = hosts.map(
    (host) => `  - static_configs: [{targets: ['${host}']}]\n    timeout: 200ms\n`,
  )
  return `alerting:\n  alertmanagers:\n${each.join('')}`
}

function notifierOf(...given: ConstructorParameters<typeof AlertNotifier>): AlertNotifier {
  const made = new AlertNotifier(...given)
  onTestFinished(() => made.notifier.stop())
  return made
}

/** A server of TCP that does this with every connection. */
async function rawServer(what: 'closes' | 'tells no HTTP'): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (what === 'closes') socket.destroy()
    else socket.end('SSH-2.0-x\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

describe('an Alertmanager that', () => {
  it.each([
    [
      'answers 500',
      async () => (await alertmanager((_, response) => response.writeHead(500).end('no'))).host,
      'bad response status 500 Internal Server Error',
    ],
    [
      'answers 302 to nowhere',
      async () => (await alertmanager((_, response) => response.writeHead(302).end())).host,
      'bad response status 302 Found',
    ],
    ['hangs', async () => (await alertmanager(() => undefined)).host, 'context deadline exceeded'],
    ['closes', async () => await rawServer('closes'), ''],
    ['tells no HTTP', async () => await rawServer('tells no HTTP'), ''],
    [
      'answers 500 without end',
      async () =>
        (
          await alertmanager((_, response) => {
            response.writeHead(500).write(Buffer.alloc(limits.notificationAnswerBytesMax + 1))
          })
        ).host,
      'bad response status 500',
    ],
    ['is absent', async () => `127.0.0.1:${await freePort()}`, 'connection refused'],
  ])(
    '%s loses the batch, which is counted and logged, and nothing else',
    async (_what, start, words) => {
      const host = await start()
      const good = await alertmanager()
      const one = notifierOf()
      one.apply(sections(host, good.host))
      one.notifier.send('up', alertsNamed('A', 'B'))
      await waitUntil('the batch is lost', () =>
        one.metric('errors_total', host) === 2 ? true : undefined,
      )
      expect(one.metric('dropped_total', host)).toBe(2)
      expect(one.metric('sent_total', host)).toBe(0)
      expect(one.metric('queue_length', host)).toBe(0)
      const [line = ''] = one.lines
      expect(line).toContain('Error sending alerts {"count":2,"err":"')
      expect(line).toContain(words)
      await waitUntil('the other has it', () => good.batches[0])
      expect(good.batches).toEqual([[{ alertname: 'A' }, { alertname: 'B' }]])
      expect(one.metric('dropped_total', good.host)).toBe(0)
    },
  )

  it('answers 200 with garbage has taken the batch', async () => {
    const { host } = await alertmanager((_, response) => response.end('\u0000<not json'))
    const one = notifierOf()
    one.apply(sections(host))
    one.notifier.send('up', alertsNamed('A'))
    await waitUntil('it was sent', () => (one.metric('sent_total', host) === 1 ? true : undefined))
    expect(one.metric('errors_total', host)).toBe(0)
  })

  it.each([
    ['more than is read', limits.notificationAnswerBytesMax + 1],
    ['a body that never ends', 1],
  ])('answers 200 with %s has taken the batch', async (_what, bytes) => {
    const { host } = await alertmanager((_, response) => response.write(Buffer.alloc(bytes)))
    const one = notifierOf()
    one.apply(sections(host))
    one.notifier.send('up', alertsNamed('A'))
    await waitUntil('it was sent', () => (one.metric('sent_total', host) === 1 ? true : undefined))
    expect([one.metric('errors_total', host), one.lines]).toEqual([0, []])
  })

  it('comes back is told what comes then', async () => {
    let status = 500
    const { host, batches } = await alertmanager((_, response) => response.writeHead(status).end())
    const one = notifierOf()
    one.apply(sections(host))
    one.notifier.send('up', alertsNamed('A'))
    await waitUntil('it failed', () => (one.metric('errors_total', host) === 1 ? true : undefined))
    status = 200
    one.notifier.send('up', alertsNamed('B'))
    await waitUntil('it took', () => (one.metric('sent_total', host) === 1 ? true : undefined))
    expect(batches).toEqual([[{ alertname: 'A' }], [{ alertname: 'B' }]])
  })
})

// What a real Prometheus says of them.
it.each([
  ['5MB', 'h', '5MB://h', 'parse "URL": first path segment in URL cannot contain colon'],
  ['ftp', 'h:1', 'ftp://h:1', 'Post "URL": unsupported protocol scheme "ftp"'],
  ['', 'h:1', '//h:1', 'Post "URL": unsupported protocol scheme ""'],
  ['http', 'a b', 'http://a%20b', 'parse "URL": invalid URL escape "%20"'],
  ['http', 'h:port', 'http://h:port', 'parse "URL": invalid port ":port" after host'],
  ['http', 'h:99999', 'http://h:99999', 'Post "URL": dial tcp: address 99999: invalid port'],
])(
  'an Alertmanager at %s://%s is one, of which every batch fails',
  async (scheme, host, origin, words) => {
    const url = `${origin}/api/v2/alerts`
    const one = notifierOf()
    one.apply(sections(host).replace('timeout: 200ms', `scheme: '${scheme}'`))
    expect(one.notifier.activeUrls).toEqual([url])
    one.notifier.send('up', alertsNamed('A'))
    const line = await waitUntil('the batch is lost', () => one.lines[0])
    const err = words.replace('URL', url)
    expect(line).toBe(`Error sending alerts ${JSON.stringify({ count: 1, err })}`)
  },
)

describe('the queue of an Alertmanager', () => {
  /** Holds back every answer until told. */
  async function held(settings: ConstructorParameters<typeof AlertNotifier>[0]) {
    let isOpen = false
    const answers: (() => void)[] = []
    const manager = await alertmanager((_, response) => {
      if (isOpen) response.end()
      else answers.push(() => response.end())
    })
    const one = notifierOf(settings)
    one.apply(sections(manager.host).replace('200ms', '1h'))
    one.notifier.send('up', alertsNamed('first'))
    await waitUntil('the first batch is there', () => manager.batches[0])
    const release = () => {
      isOpen = true
      for (const answer of answers) answer()
    }
    onTestFinished(release)
    return { ...manager, one, release }
  }

  const names = (batches: readonly (readonly Readonly<Record<string, string>>[])[]) =>
    batches.map((batch) => batch.map(({ alertname }) => alertname).join())

  it('loses its oldest where it is full, in batches and over them', async () => {
    const { one, host, batches, release } = await held({ queueCapacity: 3, batchSize: 2 })
    one.notifier.send('up', alertsNamed('1', '2', '3', '4', '5'))
    expect(one.metric('dropped_total', host)).toBe(2)
    one.notifier.send('up', alertsNamed('6'))
    expect(one.metric('dropped_total', host)).toBe(3)
    expect(one.metric('queue_length', host)).toBe(3)
    release()
    await waitUntil('all are sent', () => (one.metric('sent_total', host) === 4 ? true : undefined))
    expect(names(batches)).toEqual(['first', '4,5', '6'])
    expect(one.lines).toEqual([
      'Alert notification queue full, dropping alerts {"count":2}',
      'Alert notification queue full, dropping alerts {"count":1}',
    ])
  })

  it('takes two hundred thousand alerts of one rule, and keeps as many as it may', async () => {
    const { one, host } = await held({ drains: false })
    const many = Array.from({ length: 200_000 }, () => alertOf({ alertname: 'A' }))
    one.notifier.send('up', many)
    expect(one.metric('queue_length', host)).toBe(10_000)
    expect(one.metric('dropped_total', host)).toBe(190_000)
  })

  it.each([
    ['is sent before the end', true, ['first', '1,2', '3'], []],
    [
      'is dropped at the end where the flag says so',
      false,
      ['first'],
      ['Alert notification queue not drained on shutdown, dropping alerts {"count":3}'],
    ],
  ])('%s', async (_words, drains, wanted, lines) => {
    const { one, batches, release } = await held({ drains, batchSize: 2 })
    one.notifier.send('up', alertsNamed('1', '2', '3'))
    release()
    await one.notifier.stop()
    expect(names(batches)).toEqual(wanted)
    expect(one.lines).toEqual(lines)
  })

  it('is given up some time after the end, where nobody answers', async () => {
    const clock = new SimClock(atMs)
    const { host, requests } = await alertmanager(() => undefined)
    const one = new AlertNotifier({ clock, batchSize: 1 })
    one.apply(sections(host).replace('200ms', '4s'))
    one.notifier.send('up', alertsNamed('1', '2', '3', '4', '5'))
    await waitUntil('the first is there', () => requests[0])
    const stopped = one.notifier.stop()
    for (let round = 2; round <= 3; round++) {
      await clock.advance(4_000)
      await waitUntil('the next is there', () => requests[round - 1])
    }
    await clock.advance(4_000)
    await stopped
    expect(requests.length).toBe(3)
    expect(one.lines.at(-1)).toBe(
      'Alert notification queue not drained on shutdown, dropping alerts {"count":2}',
    )
  })
})

describe('alerts on their way', () => {
  it.each([
    ['', '', '', [{ alertname: 'A', team: 'x' }]],
    ['{region: north, team: y}', '', '', [{ alertname: 'A', region: 'north', team: 'x' }]],
    [
      '{region: north, replica: a}',
      '[{action: labeldrop, regex: replica}]',
      '',
      [{ alertname: 'A', region: 'north', team: 'x' }],
    ],
    ['', '[{source_labels: [team], regex: x, action: drop}]', '', undefined],
    ['', '', '[{source_labels: [team], regex: x, action: drop}]', undefined],
    [
      '{region: north}',
      '[{source_labels: [region], target_label: where}]',
      '[{source_labels: [where], target_label: there}, {action: labeldrop, regex: where}]',
      [{ alertname: 'A', region: 'north', team: 'x', there: 'north' }],
    ],
  ])(
    'get the external labels %s, then the rules %s, then %s of the Alertmanager',
    async (external, all, own, wanted) => {
      const relabelled = await alertmanager()
      const plain = await alertmanager()
      const one = notifierOf()
      const rules = own === '' ? '' : `    alert_relabel_configs: ${own}\n`
      const first = sections(relabelled.host, plain.host).replace(
        '    timeout',
        `${rules}    timeout`,
      )
      const global = external === '' ? '' : `global: {external_labels: ${external}}\n`
      const shared = all === '' ? '' : `  alert_relabel_configs: ${all}\n`
      one.apply(global + first.replace('alerting:\n', `alerting:\n${shared}`))
      one.notifier.send('up', [alertOf({ alertname: 'A', team: 'x' })])
      await one.notifier.stop()
      expect(relabelled.batches).toEqual(wanted === undefined ? [] : [wanted])
      expect(plain.batches.length).toBe(all.includes('drop}') ? 0 : 1)
    },
  )

  it('keep their queue over a reload that leaves the section, and lose metrics with it', async () => {
    const { host, batches } = await alertmanager()
    const other = await alertmanager()
    const one = notifierOf()
    one.apply(sections(host))
    one.notifier.send('up', alertsNamed('A'))
    await waitUntil('it was sent', () => (one.metric('sent_total', host) === 1 ? true : undefined))
    one.apply(sections(other.host, host))
    expect(one.metric('sent_total', host)).toBe(1)
    expect(one.notifier.activeUrls).toEqual([
      `http://${other.host}/api/v2/alerts`,
      `http://${host}/api/v2/alerts`,
    ])
    one.apply(sections(other.host))
    expect(one.metric('sent_total', host)).toBeUndefined()
    expect(batches.length).toBe(1)
  })
})
