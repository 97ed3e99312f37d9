import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { startBuiltServer } from '../../support/built-server.ts'
import { freePort } from '../../support/free-port.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, difference } from '../case-file.ts'
import { askHttp, type HttpCase, includes, jsonOf, mediaOf } from '../http-answer.ts'

interface DynamicCase extends HttpCase {
  readonly name: string
  readonly volatile?: readonly string[]
}

interface Setup {
  readonly setup: {
    readonly prometheus_yml: string
    readonly rules_yml: string
    readonly flags: readonly string[]
  }
}

/** Where the exporter of the record listened; ours has a port of its own. */
const recordedPort = '39301'
const file = 'dynamic.json'

/** Answers of a real server that scrapes and evaluates, asked of ours with the same work. */
export async function dynamicAnswers(directory: string): Promise<readonly CaseResult[]> {
  const ends: (() => void | Promise<void>)[] = []
  try {
    const { cases, setup } = caseFile<DynamicCase, Setup>(directory, file)
    const exporter = await Exporter.start(join(directory, 'pages'))
    ends.unshift(() => exporter.close())
    const folder = temporaryDirectory((end) => ends.unshift(end))
    const ours = (text: string) => text.replaceAll(recordedPort, String(exporter.port))
    writeFileSync(join(folder, 'rules.yml'), setup.rules_yml)
    execFileSync(process.execPath, [join(import.meta.dirname, '../../../scripts/build.mjs')])
    const { url } = await startBuiltServer({
      directory: folder,
      config: ours(setup.prometheus_yml),
      flags: [...setup.flags, '--narthex.allow-unimplemented'],
      atEnd: (end) => ends.unshift(end),
    })
    await settled(url, exporter)
    const results: CaseResult[] = []
    for (const [index, recorded] of cases.entries()) {
      const one: DynamicCase = JSON.parse(ours(JSON.stringify(recorded)))
      const detail = await faultOf(url, one, folder)
      results.push({ name: `${file} ${index}`, passed: detail === undefined, detail: detail ?? '' })
    }
    return results
  } finally {
    for (const end of ends) await end()
  }
}

/** The pages of the data; its flaky one answers until it is told not to. */
class Exporter {
  readonly #server: Server
  readonly port: number
  #isFlakyUp = true
  #exemplars = 0

  private constructor(pages: string, port: number) {
    this.port = port
    const page = (name: string) => readFileSync(join(pages, name))
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://exporter')
      const send = (type: string, body: Uint8Array | string) =>
        response.writeHead(200, { 'Content-Type': type }).end(body)
      const text = 'text/plain; version=0.0.4'
      if (pathname === '/metrics') {
        send(text, page(`metrics-${searchParams.get('i') ?? '0'}.txt`))
      } else if (pathname === '/om') {
        const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
        send(type, this.#withNewExemplar(page('om.txt').toString()))
      } else if (pathname === '/native') {
        const type =
          'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'
        send(type, page('native.pb.bin'))
      } else if (pathname === '/broken') send(text, page('broken.txt'))
      else if (pathname === '/flaky' && this.#isFlakyUp) send(text, 'flaky 1\n')
      else response.writeHead(pathname === '/api/v2/alerts' ? 200 : 500).end()
    })
  }

  static async start(pages: string): Promise<Exporter> {
    const exporter = new Exporter(pages, await freePort())
    await new Promise<void>((resolve) => {
      exporter.#server.listen(exporter.port, '127.0.0.1', resolve)
    })
    return exporter
  }

  failFromNowOn(): void {
    this.#isFlakyUp = false
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #withNewExemplar(text: string): string {
    const value = ++this.#exemplars
    const seconds = (Date.now() / 1_000).toFixed(3)
    return text.replace(/# \{.*/, `# {trace_id="t${value}"} ${value / 100} ${seconds}`)
  }
}

interface RulesBody {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly alerts?: readonly { readonly state: string; readonly labels: Labels }[]
      }[]
    }[]
  }
}

type Labels = Readonly<Record<string, string>>

/** As when it was recorded: two targets down for long, a third since less than its alert's `for`. */
async function settled(url: string, exporter: Exporter): Promise<void> {
  const alertOf = async (job: string) => {
    const body: RulesBody = JSON.parse(await (await fetch(`${url}/api/v1/rules?type=alert`)).text())
    const alerts = body.data.groups.flatMap((group) =>
      group.rules.flatMap((one) => one.alerts ?? []),
    )
    return alerts.find(({ labels }) => labels.alertname === 'TargetDown' && labels.job === job)
  }
  for (const job of ['broken', 'down']) {
    await waitUntil(`the alert of ${job} fires`, async () =>
      (await alertOf(job))?.state === 'firing' ? true : undefined,
    )
  }
  exporter.failFromNowOn()
  await waitUntil('the alert of flaky is pending', async () => await alertOf('flaky'))
}

async function faultOf(url: string, one: DynamicCase, folder: string): Promise<string | undefined> {
  const answer = await askHttp(url, withTimesOfNow(one))
  if (answer.status !== one.status) return `answered ${answer.status}: ${answer.text}`
  const type = difference(mediaOf(answer.contentType), one.content_type)
  if (type !== undefined) return `content type: ${type}`
  if (one.body_text !== undefined) {
    return difference(withoutNumbers(answer.text), withoutNumbers(one.body_text))
  }
  const text = answer.text.replaceAll(`${folder}/`, '')
  if (one.name === 'metadata_limit') return await faultOfLimited(url, text, one)
  if (one.name === 'status_config') return faultOfConfig(text, one)
  const wanted = comparable(one.body, one)
  const found = comparable(jsonOf(text), one)
  return includes(found, wanted) ? undefined : difference(found, wanted)
}

/** The minute before now, where a range was recorded. */
function withTimesOfNow(one: DynamicCase): DynamicCase {
  const seconds = Date.now() / 1_000
  const path = one.request.path
    .replace(/start=[\d.]+/, `start=${seconds - 60}`)
    .replace(/end=[\d.]+/, `end=${seconds}`)
  return { ...one, request: { ...one.request, path } }
}

/** Values and times at the ends of lines. */
function withoutNumbers(page: string): string {
  return page.replace(/ [\d.e+]+ \d+$/gm, '')
}

/** Of these, Prometheus tells any two: it has them in no order. */
async function faultOfLimited(
  url: string,
  text: string,
  one: DynamicCase,
): Promise<string | undefined> {
  const all: unknown = await (await fetch(`${url}/api/v1/metadata`)).json()
  if (!includes(all, one.body)) return difference(all, one.body)
  const limited = jsonOf(text)
  const count = Object.keys(Object(Reflect.get(Object(limited), 'data'))).length
  return includes(all, limited) ? difference(count, 2) : difference(limited, one.body)
}

/** Defaults of remote_write that 3.x changed, as recorded and as they are now. */
const changedDefaults: Readonly<Record<string, string>> = {
  '    capacity: 2500': '    capacity: 10000',
  '    max_samples_per_send: 500': '    max_samples_per_send: 2000',
  '  enable_http2: true': '  enable_http2: false',
}

/** Every line of the record is there in its place; 3.x has more between them. */
function faultOfConfig(text: string, one: DynamicCase): string | undefined {
  const linesOf = (body: unknown) =>
    String(Reflect.get(Object(Reflect.get(Object(body), 'data')), 'yaml')).split('\n')
  const found = linesOf(jsonOf(text))
  let from = 0
  const wanted = linesOf(one.body)
  const remoteWriteAt = wanted.indexOf('remote_write:')
  for (const [index, line] of wanted.entries()) {
    const now = index > remoteWriteAt ? changedDefaults[line] : undefined
    const at = found.indexOf(now ?? line, from)
    if (at < 0) return `lacks ${JSON.stringify(line)} behind line ${from} of\n${found.join('\n')}`
    from = at + 1
  }
  return undefined
}

/** Runs that tell the same have these the same: what depends on the run has only its kind. */
function comparable(body: unknown, { name, volatile = [] }: DynamicCase): unknown {
  if (volatile.includes('data')) return keysOf(body)
  const isExemplars = name === 'exemplars'
  return JSON.parse(JSON.stringify(body), (key, value: unknown) => {
    if (runFields.includes(key)) return typeof value
    if (key === 'exemplars' && Array.isArray(value)) return keysOf(value[0])
    if (isExemplars && typeof value === 'number') return 'number'
    // In no order in Prometheus, which has them in a map.
    if (key === 'alerts' || (key === 'data' && Array.isArray(value))) return inOneOrder(value)
    // 3.x leaves out what has no rule of that kind.
    if (key === 'groups' && Array.isArray(value)) return value.filter(hasRules)
    return value
  })
}

function hasRules(group: unknown): boolean {
  return Reflect.get(Object(group), 'rules')?.length !== 0
}

const runFields = [
  'evaluationTime',
  'lastEvaluation',
  'activeAt',
  'lastScrape',
  'lastScrapeDuration',
  'lastError',
]

function inOneOrder(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.map((one) => JSON.stringify(sortedKeys(one))).sort()
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sortedKeys(one)]),
  )
}

/** Objects with the kinds of their values, as deep as there are objects. */
function keysOf(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, keysOf(one)]))
}
