import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const first = `
groups:
- name: b
  interval: 1s
  limit: 2
  labels: {tier: group, both: group}
  rules:
  - {record: 'a:b', expr: vector(1)+1, labels: {both: rule, kind: '<&>'}}
  - {record: 'é b', expr: 'sum   by(x) (nothing)'}
  - record: fails
    expr: 'label_replace(vector(1), "x", "$1", "", "(") > 0 or (vector(1) + on() group_left vector(1))'
  - {record: twice, expr: 'label_replace(vector(1), "x", "y", "", "") or vector(2)', labels: {x: z}}
  - alert: Fires
    expr: 'vector(1234567.125) > 1'
    labels: {severity: '{{ $value }}', team: x}
    annotations: {summary: 'é <b>&amp; {{ $labels.tier }} {{ .Nope }}', "utf é": 'x', zero: ''}
  - {alert: Pends, expr: vector(0) / 0, for: 1d12h, keep_firing_for: 90s}
  - {alert: Idle, expr: vector(1) > 2, for: 1500ms}
  - {alert: Many, expr: 'label_replace(vector(1), "i", "1", "", "") or label_replace(vector(1), "i", "2", "", "") or vector(3)'}
- {name: empty, interval: 1s, rules: []}
- {name: "a;x", interval: 1500ms, rules: [{alert: Infinite, expr: vector(Inf)}]}
`
const second = `
groups:
- {name: b, interval: 1s, rules: [{alert: Fires, expr: vector(2), labels: {team: y}}]}
- {name: z, interval: 1s, rules: [{record: 'a:b', expr: vector(3), labels: {of: second}}]}
`

/** `FILE` stands for the path of the first file. */
const requests: readonly string[] = [
  'rules',
  'rules?type=alert',
  'rules?type=RECORD',
  'rules?type=records',
  'rules?type=',
  'rules?rule_name[]=Fires',
  'rules?rule_name[]=Fires&rule_name[]=a:b',
  'rules?rule_name[]=',
  'rules?rule_name=Fires',
  'rules?rule_group[]=z',
  'rules?rule_group[]=b&file[]=FILE',
  'rules?file[]=FILE&type=record',
  'rules?file[]=elsewhere',
  'rules?match[]={team="x"}',
  'rules?match[]={team="x"}&match[]={both="rule"}',
  'rules?match[]={severity=~".*value.*"}',
  'rules?match[]={team!="x"}',
  'rules?match[]={team=~".*"}',
  'rules?match[]=',
  'rules?match[]={',
  'rules?match[]={team!="x"}&match[]={',
  'rules?match[]={team="x"}&type=record',
  'rules?exclude_alerts=true',
  'rules?exclude_alerts=T',
  'rules?exclude_alerts=0',
  'rules?exclude_alerts=yes',
  'rules?group_limit=1',
  'rules?group_limit=2&type=record',
  'rules?group_limit=100',
  'rules?group_limit=0',
  'rules?group_limit=-2147483648',
  'rules?group_limit=2147483648',
  'rules?group_limit=1.5',
  'rules?group_limit=%2B1',
  'rules?group_limit=',
  'rules?group_limit=1&group_next_token=nope',
  'rules?group_next_token=nope',
  'rules?type=x&exclude_alerts=x&match[]={',
  'rules?type=x&exclude_alerts=x&group_limit=x',
  'rules?exclude_alerts=x&group_limit=x',
  'alerts',
  'alerts?x=%zz',
  'alertmanagers',
]

let ours = ''
let theirs = ''
let file = ''

describe.skipIf(peersAreAbsent)('rules beside the real Prometheus', () => {
  beforeAll(async () => {
    const directory = temporaryDirectory(atEnd)
    file = join(directory, 'first.yml')
    writeFileSync(file, first)
    writeFileSync(join(directory, 'second.yml'), second)
    mkdirSync(join(directory, 'theirs'))
    const config = join(directory, 'prometheus.yml')
    writeFileSync(config, configuration(directory))
    const listen = `127.0.0.1:${await freePort()}`
    const prometheus = new RealProcess(
      peer('prometheus'),
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'theirs')}`,
        `--web.listen-address=${listen}`,
      ],
      `http://${listen}`,
    )
    atEnd(async () => {
      await prometheus.stop('SIGKILL')
    })
    await prometheus.ready('/-/ready')
    theirs = prometheus.url
    ours = (await startBuiltServer({ directory, atEnd })).url
    for (const url of [ours, theirs]) await waitUntil('all is evaluated', () => isEvaluated(url))
  }, 60_000)

  it.each(requests)('GET /api/v1/%s', async (request) => {
    expect(await ask(ours, request)).toEqual(await ask(theirs, request))
  })

  it('pages lead through all groups', async () => {
    for (const url of [ours, theirs]) {
      const names: string[] = []
      let token: string | undefined = ''
      for (let pages = 0; token !== undefined && pages < 9; pages++) {
        const next: string = token === '' ? '' : `&group_next_token=${token}`
        const response = await fetch(`${url}/api/v1/rules?group_limit=1${next}`)
        const { data } = (await response.json()) as { readonly data: Page }
        names.push(...data.groups.map(({ name }) => name))
        token = data.groupNextToken
      }
      expect(names).toEqual(['a;x', 'b', 'b', 'z'])
    }
  })
})

interface Page {
  readonly groups: readonly { readonly name: string }[]
  readonly groupNextToken?: string
}

/** What runs when the whole file has. */
const cleanings: (() => void | Promise<void>)[] = []
const atEnd = (clean: () => void | Promise<void>) => cleanings.unshift(clean)
afterAll(async () => {
  for (const clean of cleanings) await clean()
})

function configuration(directory: string): string {
  return `
rule_files: ['${directory}/first.yml', '${directory}/second.yml']
alerting:
  alertmanagers:
  - path_prefix: /a/../b//
    timeout: 1s
    static_configs:
    - targets: ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3', '[::1]:4', 'localhost']
      labels: {zone: north}
    - {targets: ['127.0.0.1:1'], labels: {zone: south}}
    relabel_configs:
    - {source_labels: [__address__], regex: '.*:2', action: drop}
    - {source_labels: [__address__], regex: '.*:3', target_label: __scheme__, replacement: https}
    - {source_labels: [zone], regex: south, target_label: __alerts_path__, replacement: 'own path/%41?x=é#y'}
`
}

async function isEvaluated(url: string): Promise<true | undefined> {
  const told = async (path: string) => (await fetch(`${url}/api/v1/${path}`)).text()
  if ((await told('rules')).includes('"health":"unknown"')) return undefined
  return (await told('alertmanagers')).includes('"url"') ? true : undefined
}

/** The whole answer with the same text for each time and duration, and lists that have no order in one. */
async function ask(url: string, request: string): Promise<object> {
  const [path = '', query] = request.replaceAll('FILE', file).split('?', 2)
  const sent = query?.replaceAll(/[{}" []|]/g, encodeURIComponent)
  const response = await fetch(`${url}/api/v1/${path}${sent === undefined ? '' : `?${sent}`}`)
  const text = (await response.text())
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"/g, '"TIME"')
    .replaceAll(/("evaluationTime":)[\d.e-]+/g, '$1"SECONDS"')
    // Escapes that are for HTML alone, and tokens, which are another sum in this peer.
    .replaceAll(/\\u00(3c|3e|26)/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/("groupNextToken":)"[0-9a-f]+"/g, '$1"TOKEN"')
  const type = response.headers.get('content-type')
  const order = orders[path] ?? ((plain: string) => plain)
  return { status: response.status, type, text: order(text) }
}

function sortedAlerts(text: string): string {
  const [head = '', ...alerts] = text.split('{"labels":')
  return [head, ...alerts.map((alert) => alert.replace(/[,\]}]*$/, '')).sort()].join('\n')
}

/** Which target group comes first is chance in this peer. */
function sortedAlertmanagers(text: string): string {
  return text.replaceAll(
    /\[(\{"url":"[^"]*"\}(?:,\{"url":"[^"]*"\})*)\]/g,
    (_all, list: string) =>
      `[${list
        .split(/(?<=\}),/)
        .sort()
        .join(',')}]`,
  )
}

const orders: Readonly<Record<string, (text: string) => string>> = {
  alerts: sortedAlerts,
  alertmanagers: sortedAlertmanagers,
}
