import { createServer } from 'node:http'
import { silentLogger } from '../../../src/base/logger.ts'
import { MetricsRegistry } from '../../../src/base/self-metrics.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { Labels } from '../../../src/model/labels.ts'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { RuleManager } from '../../../src/rules/manager.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { newDisk, openOn } from '../../sim/database-world.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { AlertNotifier } from '../../support/alert-notifier.ts'
import { DirectRunner } from '../../support/direct-runner.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, difference } from '../case-file.ts'

interface SentAlert {
  readonly startsAt: string
  readonly endsAt: string
  readonly labels: Readonly<Record<string, string>>
}

interface SendCase {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly SentAlert[]
}

const file = 'alertmanager-v2.json'
const evaluatedMs = Date.parse('2026-11-21T00:23:00.630Z')
const secondMs = 1_000
/** That of the recorded server: four times it is how long an alert holds. */
const resendDelayMs = 10_000

/** Targets that are down, from a second after the first evaluation on until another. */
const outages = [
  { labels: { job: 'broken', instance: '127.0.0.1:39301' }, from: 5, to: Infinity },
  { labels: { job: 'down', instance: '127.0.0.1:9' }, from: 5, to: Infinity },
  { labels: { job: 'flaky', instance: '127.0.0.1:39301' }, from: 13, to: 20 },
] as const

interface Post {
  readonly method: string
  readonly path: string
  readonly contentType: string
  readonly body: string
}

/** What an Alertmanager is sent by the recorded rules, a second an evaluation, for 21 seconds. */
export async function alertPosts(directory: string): Promise<readonly CaseResult[]> {
  const { cases, rules } = caseFile<SendCase, { readonly rules: string }>(directory, file)
  const posts = await postsOf(rules)
  return cases.map(({ method, path, headers, body }, index) => {
    const wanted = { method, path, contentType: headers['content-type'], body: sorted(body) }
    const found = posts
      .map((post) => ({ ...post, body: sorted(JSON.parse(post.body)) }))
      .filter((post) => keyOf(post.body) === keyOf(wanted.body))
    const detail =
      found.length === 1
        ? difference(found[0], wanted)
        : `sent ${found.length} times: ${keyOf(wanted.body)}`
    return { name: `${file} ${index}`, passed: detail === undefined, detail: detail ?? '' }
  })
}

/** Go's maps have no order: alerts of one body come in any. */
function sorted(alerts: readonly SentAlert[]): readonly SentAlert[] {
  const key = ({ labels }: SentAlert) => JSON.stringify(Labels.of(labels).toObject())
  return [...alerts].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Which alerts, since when and until when. */
function keyOf(alerts: readonly SentAlert[]): string {
  return JSON.stringify(alerts.map(({ startsAt, endsAt, labels }) => [startsAt, endsAt, labels]))
}

async function postsOf(rules: string): Promise<readonly Post[]> {
  const posts: Post[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const contentType = headers['content-type'] ?? ''
      posts.push({ method, path, contentType, body: Buffer.concat(chunks).toString() })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  try {
    await evaluateAll(rules, `127.0.0.1:${port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return posts
}

async function evaluateAll(rules: string, host: string): Promise<void> {
  const config = `global: {external_labels: {cluster: conf-a, replica: r1}}
rule_files: [/data/rules.yml]
alerting:
  alert_relabel_configs: [{action: labeldrop, regex: replica}]
  alertmanagers: [{static_configs: [{targets: ['${host}']}]}]
`
  const disk = newDisk()
  disk.writeFile('/data/rules.yml', Buffer.from(rules))
  const clock = new SimClock(evaluatedMs)
  const database = await openOn(disk, clock, { rangeMs: 7_200_000 })
  const externalUrl = 'http://conformance.example:9090'
  const alerts = new AlertNotifier({ externalUrl })
  alerts.apply(config)
  const manager = new RuleManager({
    fs: disk,
    clock,
    logger: silentLogger,
    metrics: new MetricsRegistry(),
    appendable: database,
    runner: new DirectRunner(database),
    bounds: () => ({ timeoutMs: 120_000, lookbackMs: 300_000, samplesMax: 50_000_000, limit: 0 }),
    language: defaultParseOptions,
    externalUrl,
    restoring: { outageToleranceMs: 3_600_000, gracePeriodMs: 600_000 },
    resendDelayMs,
    concurrentEvaluationsMax: 0,
    broken: (thrown) => {
      throw thrown
    },
    notify: (query, firing) => alerts.notifier.send(query, firing),
  })
  manager.apply(loadConfig(config, '/data/prometheus.yml'))
  const group = manager.groups().find(({ name }) => name === 'conf')
  for (let second = 0; second <= 21; second++) {
    const nowMs = evaluatedMs + second * secondMs
    clock.step(nowMs - clock.wallMs())
    putUp(database, nowMs, second)
    await group?.evaluate(nowMs)
    // Each evaluation's alerts are a body of their own.
    await waitUntil('the alerts are sent', () => {
      return alerts.metric('queue_length', host) === 0 ? true : undefined
    })
  }
  await alerts.notifier.stop()
  await manager.stop()
  await database.close()
}

function putUp(database: Database, timeMs: number, second: number): void {
  const appender = database.appender()
  for (const { labels, from, to } of outages) {
    const id = appender.series(Labels.of({ __name__: 'up', ...labels }))
    const value = second >= from && second < to ? 0 : 1
    appender.append(Uint32Array.of(id), Float64Array.of(timeMs), Float64Array.of(value), 1)
  }
  appender.commit()
}
