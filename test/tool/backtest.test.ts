import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { NarthexError } from '../../src/base/errors.ts'
import { noLooks } from '../../src/base/looks.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { GrowingColumns } from '../../src/model/growing-columns.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, isStaleAt } from '../../src/model/stale-nan.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { BacktestAnswer, BacktestRequest } from '../../src/rules/backtest-contract.ts'
import { slotBefore } from '../../src/rules/group-loop.ts'
import type { Querier, Queryable, TimeRange } from '../../src/storage/querier.ts'
import type { AlertHistoryRequest, QueryControl } from '../../src/storage/query-runner.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import { type BacktestSettings, backtest } from '../../src/tool/backtest-job.ts'
import { BacktestThreads } from '../../src/tool/backtest-thread.ts'
import { minuteMs, RuleBench, rulePath, settled, zeroMs } from '../rules/rule-bench.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const settings: BacktestSettings = {
  evaluationIntervalMs: minuteMs,
  queryOffsetMs: 0,
  externalLabels: [['where', 'here']],
  externalUrl: 'http://here',
  nameScheme: 'utf8',
  engine: defaultEngineFlags,
  bounds: { timeoutMs: 120_000, lookbackMs: 300_000, samplesMax: 50_000_000, limit: 0 },
}

const unbounded = unstoppable

type Dump = Readonly<Record<string, readonly string[]>>

/** Every sample of these metrics, by the labels of its series. */
async function dump(querier: Querier, metrics: string): Promise<Dump> {
  const matchers = [new Matcher('=~', '__name__', metrics)]
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  const { offsets, labelIds } = set.labels
  const found: Record<string, readonly string[]> = {}
  for (let series = 0; series < set.seriesCount; series++) {
    const ids = [...labelIds.subarray(offsets[series], offsets[series + 1])]
    const columns = new GrowingColumns(16)
    const count = set.readFloats(series, -Infinity, Infinity, columns)
    const halves = halvesOf(columns.values)
    const samples = Array.from({ length: count }, (_none, index) => {
      const value = isStaleAt(halves, index) ? 'stale' : String(columns.values[index])
      return `${((columns.timestampsMs[index] ?? 0) - zeroMs) / minuteMs} ${value}`
    })
    const histograms = set.readHistograms(series, -Infinity, Infinity)
    while (histograms.next()) samples.push(`${histograms.timestampMs} histogram`)
    if (samples.length > 0) found[ids.map((id) => querier.symbols.text(id)).join(' ')] = samples
  }
  querier.close()
  return found
}

function pastOf(bench: RuleBench): Queryable {
  const reader = readerOf(bench.database, bench.disk)
  return { querier: async (range: TimeRange) => localQuerier(bench.database, reader, range) }
}

async function run(
  bench: RuleBench,
  rules: string,
  request: Partial<BacktestRequest>,
  control = unbounded,
): Promise<{ answer: BacktestAnswer; written: Dump }> {
  let written: Dump = {}
  const answer = await backtest(
    {
      rules: `groups:\n${rules}`,
      file: rulePath,
      startMs: zeroMs,
      endMs: bench.clock.wallMs(),
      seriesMax: 0,
      timeoutMs: 60_000,
      ...request,
    },
    settings,
    {
      fileSystem: nodeFileSystem,
      past: pastOf(bench),
      control,
      progress: () => undefined,
      finished: async (database) => {
        const range = { minTimeMs: -Infinity, maxTimeMs: Infinity }
        written = await dump(await database.queryable.querier(range), '.+')
      },
    },
  )
  return { answer, written }
}

/** Values that jump, end and begin again, each quarter of a minute. */
function feed(bench: RuleBench, quarter: number): void {
  const wave = (period: number) => Math.round(50 + 50 * Math.sin(quarter / period))
  bench.put({ __name__: 'load', host: 'a' }, wave(7) + 0.1)
  if (quarter % 60 < 40) bench.put({ __name__: 'load', host: 'b' }, wave(11) / 3)
  bench.put({ __name__: 'work_total', host: 'a' }, (quarter % 50) * 1.7)
  bench.put({ __name__: 'work_total', host: 'b' }, quarter * 0.3)
  if (quarter % 80 > 70) bench.put({ __name__: 'owner', host: 'a', team: 'second' }, 1)
  bench.put({ __name__: 'owner', host: 'a', team: 'first' }, 1)
}

/** Until the group has done what is due by now, of what began after `startMs`. */
async function evaluated(bench: RuleBench, name: string, startMs: number): Promise<void> {
  const group = bench.group(name)
  const dueMs = slotBefore(group, bench.clock.wallMs())
  if (dueMs <= startMs) return
  while ((group.lastEvaluationMs ?? 0) < dueMs) await settled()
}

const rules = `
- name: g
  interval: 1m
  rules:
  - {record: 'host:work:rate', expr: 'rate(work_total[2m])', labels: {kind: work}}
  - {record: 'sum:work', expr: 'sum without (host) ({__name__="host:work:rate"})'}
  - {record: load, expr: 'avg(load{host!=""})', labels: {kind: mean}}
  - {record: ahead, expr: 'load{kind=""} offset -1m'}
  - {record: at_end, expr: 'max(max_over_time(load{kind=""}[3m] @ end()))'}
  - {record: sometimes, expr: 'load{kind=""} * on (host) group_left (team) owner'}
  - {record: fixed, expr: '7'}
  - {record: still_alerting, expr: 'count by (alertname) (ALERTS{alertstate="firing"})'}
  - alert: Loaded
    expr: load{kind=""} > 60
    for: 2m
    keep_firing_for: 3m
    labels: {severity: '{{ if gt $value 90.0 }}high{{ else }}low{{ end }}'}
    annotations: {text: '{{ $labels.host }} {{ $value }} {{ with query "sum:work" }}{{ . | first | value }}{{ end }} {{ $externalLabels.where }}'}
  - {alert: Busy, expr: 'host:work:rate > 0.02', for: 90s}
- name: slower
  interval: 2m
  query_offset: 30s
  limit: 3
  rules:
  - {record: 'late:work', expr: 'sum:work + time() * 0'}
  - {alert: AnyLoaded, expr: 'ALERTS{alertname="Loaded"} and on () load{kind="mean"}'}
`

type Timeline = readonly {
  readonly labels: Readonly<Record<string, string>>
  readonly intervals: readonly object[]
}[]

function sorted(timeline: Timeline): Timeline {
  const keyOf = ({ labels }: Timeline[number]) => JSON.stringify(Object.entries(labels).sort())
  return [...timeline].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** What the database tells of alerts of the group g, to which a server did not lose a sample. */
async function history(bench: RuleBench, startMs: number): Promise<Timeline> {
  const request: AlertHistoryRequest = {
    kind: 'alert-history',
    matches: ['{alertname=~"Loaded|Busy"}'],
    startMs,
    endMs: bench.clock.wallMs(),
    bounds: settings.bounds,
  }
  const runner = new DirectRunner(bench.database, bench.disk)
  const reply = await runner.run(request, new AbortController().signal)
  const { data } = JSON.parse(Buffer.concat(reply.ok ? reply.body : []).toString())
  return data.alerts.map(({ labels, intervals }: AlertAnswer) => ({
    labels,
    intervals: intervals.map(({ start, end, ...rest }) => ({
      ...rest,
      start: Date.parse(start),
      end: end === undefined ? undefined : Date.parse(end),
    })),
  }))
}

interface AlertAnswer {
  readonly labels: Readonly<Record<string, string>>
  readonly intervals: readonly { readonly start: string; readonly end?: string }[]
}

const ours =
  'host:work:rate|sum:work|load|ahead|at_end|sometimes|fixed|still_alerting|ALERTS.*|late:work'

describe('rules over past data', () => {
  it('find and write, to the sample, what a server found and wrote at those times', async () => {
    const bench = await RuleBench.open()
    const config = 'global: {external_labels: {where: here}}'
    bench.apply('- {name: other, rules: []}\n', { config })
    // No sample has the time of a slot: which of the two comes first would be chance.
    await bench.clock.advance(1_000)
    for (let quarter = 0; quarter < 30; quarter++) {
      await bench.clock.advance(minuteMs / 4)
      feed(bench, quarter)
    }
    const startMs = bench.clock.wallMs()
    bench.apply(rules, { config })
    for (let quarter = 30; quarter < 111; quarter++) {
      await bench.clock.advance(minuteMs / 4)
      for (const name of ['g', 'slower']) await evaluated(bench, name, startMs)
      feed(bench, quarter)
    }
    const live = await dump(
      localQuerier(bench.database, readerOf(bench.database, bench.disk)),
      ours,
    )
    const { answer, written } = await run(bench, rules, { startMs })
    const isRaw = (key: string) => key.includes('load') && !key.includes('kind')
    const recorded = Object.fromEntries(Object.entries(live).filter(([key]) => !isRaw(key)))
    expect(Object.keys(written).length).toBeGreaterThan(20)
    expect(written).toEqual(recorded)
    const [g] = answer.groups
    expect(g?.rules.filter(({ failures }) => failures > 0).map(({ name }) => name)).toEqual([
      'sometimes',
    ])
    const loaded = g?.rules.find(({ name }) => name === 'Loaded')
    expect(loaded).toMatchObject({ type: 'alerting', duration: 120, keepFiringFor: 180 })
    const found = (g?.rules ?? []).flatMap((rule) => (rule.type === 'alerting' ? rule.alerts : []))
    const timeline = found.map(({ labels, intervals }) => ({
      labels,
      intervals: intervals.map(({ state, start, end, duration }) => ({
        state,
        start: Date.parse(start),
        end: end === undefined ? undefined : Date.parse(end),
        duration,
      })),
    }))
    expect(sorted(await history(bench, startMs))).toEqual(sorted(timeline))
  }, 30_000)

  it('are hidden where they wrote before, and what others wrote under that name is not', async () => {
    const bench = await RuleBench.open()
    bench.put({ __name__: 'r', by: 'rule' }, 1)
    bench.put({ __name__: 'r', by: 'other' }, 2)
    await bench.clock.advance(minuteMs)
    for (const by of ['rule', 'other']) bench.put({ __name__: 'r', by }, 3)
    await bench.clock.advance(minuteMs)
    const { written } = await run(
      bench,
      '- name: g\n  interval: 1m\n  rules:\n  - {record: seen, expr: r}\n  - {record: r, expr: r * 10 and on () vector(0) > 1, labels: {by: rule}}\n',
      { startMs: zeroMs, endMs: zeroMs + 2 * minuteMs },
    )
    expect(written).toEqual({
      '__name__ seen by other': ['0 2', '1 3', '2 3'],
      '__name__ seen by rule': ['0 1', '1 1', '2 1'],
    })
  })

  it('say what recording rules wrote, and no more series of it than is asked for', async () => {
    const bench = await RuleBench.open()
    for (const host of ['a', 'b']) bench.put({ __name__: 'load', host }, 1.5)
    await bench.runPast(1)
    const record = '- name: g\n  interval: 1m\n  rules:\n  - {record: r, expr: load * 2}\n'
    const { answer } = await run(bench, record, { seriesMax: 1 })
    const at = (minute: number) => (zeroMs + minute * minuteMs) / 1_000
    expect(answer.groups[0]).toMatchObject({ evaluations: 2, interval: 60 })
    expect(answer.groups[0]?.rules[0]).toMatchObject({
      type: 'recording',
      failures: 0,
      series: 2,
      samples: 4,
      result: [
        {
          metric: { __name__: 'r', host: 'a' },
          values: [
            [at(0), '3'],
            [at(1), '3'],
          ],
        },
      ],
    })
  })

  it('end when they are stopped, are refused when there are too many, or no rules at all', async () => {
    const bench = await RuleBench.open()
    const record = '- name: g\n  interval: 1m\n  rules:\n  - {record: r, expr: vector(1)}\n'
    let left = 3
    const control: QueryControl = {
      checkpoint() {
        if (left-- <= 0) throw new NarthexError('QUERY_CANCELED', 'stopped')
        return undefined
      },
      looks: noLooks,
    }
    const day = 24 * 60 * minuteMs
    const long = { endMs: zeroMs + day }
    await expect(run(bench, record, long, control)).rejects.toThrow('stopped')
    const longer = { endMs: zeroMs + 7_000 * day }
    await expect(run(bench, record, longer)).rejects.toThrow(
      '10080001 evaluations of rules, limit 10000000: take a shorter range or fewer rules',
    )
    await expect(run(bench, '- {name: g, rules: [{record: r}]}\n', {})).rejects.toThrow(
      `${rulePath}: 0:0: group "g", rule 1, "r": field 'expr' must be set in rule`,
    )
  })

  it('run in a thread of a server, which tells how far it is, and ends when nobody waits', async () => {
    const bench = await RuleBench.open()
    const database = await openDatabase(temporaryDirectory())
    const source = await bundledWorker('backtest')
    const threads = new BacktestThreads({
      source: () => source,
      clock: systemClock,
      database: () => database,
      settings: () => settings,
    })
    const record = 'groups:\n- {name: g, rules: [{record: r, expr: vector(1)}]}\n'
    const day = 24 * 60 * minuteMs
    const request = { rules: record, file: 'f', startMs: 0, seriesMax: 0, timeoutMs: 60_000 }
    const never = new AbortController()
    const reply = await threads.run({ ...request, endMs: day }, never.signal)
    const answer = JSON.parse(Buffer.concat(reply.ok ? reply.body : []).toString())
    expect(answer.groups[0].rules[0]).toMatchObject({ series: 1, samples: 1440 })
    const wrong = await threads.run({ ...request, endMs: day, rules: '{}x' }, never.signal)
    expect(wrong).toMatchObject({ ok: false, errorType: 'bad_data' })
    const abort = new AbortController()
    const long = { ...request, endMs: 6_000 * day }
    const stopped = threads.run(long, abort.signal)
    const late = threads.run({ ...long, timeoutMs: 1 }, never.signal)
    expect(await threads.run(long, never.signal)).toMatchObject({
      ok: false,
      errorType: 'unavailable',
      message: '2 backtests are under way, which is the limit',
    })
    expect(threads.running().map(({ file, endMs }) => [file, endMs])).toEqual([
      ['f', long.endMs],
      ['f', long.endMs],
    ])
    abort.abort()
    expect(await stopped).toMatchObject({ ok: false, errorType: 'canceled' })
    expect(await late).toMatchObject({ ok: false, errorType: 'timeout' })
    expect(threads.running()).toEqual([])
    expect(bench.broken).toEqual([])
  }, 30_000)
})
