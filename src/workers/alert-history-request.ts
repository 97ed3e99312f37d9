import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { GrowingColumns } from '../model/growing-columns.ts'
import { Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { Matcher } from '../model/matcher.ts'
import { halvesOf, isStaleAt } from '../model/stale-nan.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import type { ChunkSeriesSet, Querier, Queryable } from '../storage/querier.ts'
import type { AlertHistoryRequest, QueryControl, QueryReply } from '../storage/query-runner.ts'
import { requestFailure } from './request-failure.ts'

const alertsMetric = 'ALERTS'
const stateLabel = 'alertstate'

interface Interval {
  readonly state: string
  readonly startMs: number
  /** Of the stale marker, else of the last sample; undefined where it holds at the end. */
  readonly endMs: number | undefined
  readonly lastMs: number
}

interface History {
  readonly labels: Labels
  readonly intervals: Interval[]
}

/**
 * Answers /alerts/history (row B1.9) from what rules wrote: intervals in which an alert was pending
 * or firing. One ends at its stale marker, or with its last sample where nothing follows within the
 * lookback, as when the server was down.
 */
export async function answerAlertHistory(
  request: AlertHistoryRequest,
  queryable: Queryable,
  control: QueryControl,
): Promise<QueryReply> {
  try {
    const { matches, startMs, endMs, bounds } = request
    const range = { minTimeMs: startMs, maxTimeMs: endMs }
    const ofAlerts = new Matcher('=', metricNameLabel, alertsMetric)
    const texts = matches.length === 0 ? [`{${metricNameLabel}="${alertsMetric}"}`] : matches
    const sets = texts.map((text) => [...matchOf(text), ofAlerts])
    const querier = await queryable.querier(range)
    try {
      if (sets.length > 1) await querier.prepare?.(sets)
      const reading = new HistoryReading(querier, request, control)
      for (const matchers of sets) {
        await reading.add(await querier.select({ matchers, ...range, sorted: true }))
      }
      return { ok: true, body: encoded(reading, bounds.limit) }
    } finally {
      querier.close()
    }
  } catch (thrown) {
    return requestFailure(thrown, 'execution')
  }
}

/** Any selector will do, since the metric is known. */
function matchOf(text: string): readonly Matcher[] {
  try {
    return parseSelector(text)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    throw new NarthexError('PARAMETER_INVALID', `invalid parameter "match[]": ${thrown.message}`)
  }
}

class HistoryReading {
  readonly histories = new Map<string, History>()
  readonly warnings: string[] = []
  readonly #querier: Querier
  readonly #request: AlertHistoryRequest
  readonly #control: QueryControl
  readonly #columns = new GrowingColumns(256)
  readonly #seen = new Set<string>()
  #intervals = 0

  constructor(querier: Querier, request: AlertHistoryRequest, control: QueryControl) {
    this.#querier = querier
    this.#request = request
    this.#control = control
  }

  async add(set: ChunkSeriesSet): Promise<void> {
    this.warnings.push(...set.warnings)
    for (let series = 0; series < set.seriesCount; series++) {
      await this.#control.checkpoint()
      const labels = this.#labelsOf(set, series)
      const key = labels.key()
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      const intervals = this.#intervalsOf(set, series, labels.get(stateLabel))
      if (intervals.length > 0) this.#keep(labels, intervals)
    }
  }

  #labelsOf(set: ChunkSeriesSet, series: number): Labels {
    const { offsets, labelIds } = set.labels
    const ids = labelIds.subarray(offsets[series], offsets[series + 1])
    return Labels.fromSortedPairs(Array.from(ids, (id) => this.#querier.symbols.text(id)))
  }

  #intervalsOf(set: ChunkSeriesSet, series: number, state: string): readonly Interval[] {
    const { startMs, endMs, bounds } = this.#request
    const count = set.readFloats(series, startMs, endMs, this.#columns)
    const { timestampsMs, values } = this.#columns
    const halves = halvesOf(values)
    const found: Interval[] = []
    let firstMs: number | undefined
    let lastMs = 0
    const close = (atMs: number | undefined) => {
      if (firstMs !== undefined) found.push({ state, startMs: firstMs, endMs: atMs, lastMs })
      firstMs = undefined
    }
    for (let index = 0; index < count; index++) {
      const timeMs = timestampsMs[index] ?? 0
      if (timeMs - lastMs > bounds.lookbackMs) close(lastMs)
      if (isStaleAt(halves, index)) close(timeMs)
      else firstMs ??= timeMs
      lastMs = timeMs
    }
    close(endMs - lastMs >= bounds.lookbackMs ? lastMs : undefined)
    return found
  }

  #keep(labels: Labels, intervals: readonly Interval[]): void {
    this.#intervals += intervals.length
    if (this.#intervals > limits.alertIntervalsMax) {
      const words = `the alerts have more than ${limits.alertIntervalsMax} intervals`
      throw new NarthexError('LIMIT_EXCEEDED', `${words}: ask for a shorter range or fewer alerts`)
    }
    const named = new LabelsBuilder(labels).delete(metricNameLabel).delete(stateLabel).build()
    const key = named.key()
    const history = this.histories.get(key)
    if (history === undefined) this.histories.set(key, { labels: named, intervals: [...intervals] })
    else history.intervals.push(...intervals)
  }
}

function encoded({ histories, warnings }: HistoryReading, limit: number): readonly Uint8Array[] {
  const sorted = [...histories.values()].sort((a, b) => a.labels.compare(b.labels))
  const isCut = limit > 0 && sorted.length > limit
  const alerts = (isCut ? sorted.slice(0, limit) : sorted).map(({ labels, intervals }) => ({
    labels: labels.toObject(),
    intervals: intervals
      .sort((a, b) => a.startMs - b.startMs || (a.endMs ?? Infinity) - (b.endMs ?? Infinity))
      .map(({ state, startMs, endMs, lastMs }) => ({
        state,
        start: new Date(startMs).toISOString(),
        ...(endMs === undefined ? {} : { end: new Date(endMs).toISOString() }),
        duration: ((endMs ?? lastMs) - startMs) / 1_000,
      })),
  }))
  const told = [...warnings, ...(isCut ? ['results truncated due to limit'] : [])]
  const body = {
    status: 'success',
    data: { alerts },
    ...(told.length === 0 ? {} : { warnings: told }),
  }
  return [new TextEncoder().encode(JSON.stringify(body))]
}
