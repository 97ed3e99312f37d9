import { compareBytes } from '../model/byte-order.ts'
import { GrowingColumns } from '../model/growing-columns.ts'
import { customBucketsSchema, NativeHistogram, resetHint } from '../model/histogram.ts'
import { metricNameLabel } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import { SpanCursor } from '../model/span-cursor.ts'
import { halvesOf, isStaleAt } from '../model/stale-nan.ts'
import { streamedReply } from '../promql/encode/streamed-reply.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import type { ChunkSeriesSet, Querier, Queryable } from '../storage/querier.ts'
import type { FederateRequest, QueryControl, QueryReply } from '../storage/query-runner.ts'
import { contentTypeOf } from '../wire/exposition-format.ts'
import type { ExposedHistogram, ExposedMetric, FamilyType } from '../wire/metric-family.ts'
import { type FamilyPage, ProtobufPage, TextPage } from './family-page.ts'
import { requestFailure } from './request-failure.ts'

/** Answers /federate (row A8.8): the newest sample of each series within the lookback. */
export async function answerFederate(
  request: FederateRequest,
  queryable: Queryable,
  control: QueryControl,
  mayStream: boolean,
): Promise<QueryReply> {
  try {
    // As upstream: no matcher selects nothing.
    const sets = request.matches.map(parseSelector).filter((matchers) => matchers.length > 0)
    const { timeMs, bounds } = request
    const range = { minTimeMs: timeMs - bounds.lookbackMs, maxTimeMs: timeMs }
    const querier = await queryable.querier(range)
    const warnings: string[] = []
    const pieces = pagePieces(request, sets, querier, control, warnings)
    const contentType = contentTypeOf({ kind: request.format, escaping: request.escaping })
    const close = () => querier.close()
    return await streamedReply(pieces, close, control, mayStream, () => ({ contentType, warnings }))
  } catch (thrown) {
    return requestFailure(thrown, 'internal')
  }
}

async function* pagePieces(
  request: FederateRequest,
  sets: readonly (readonly Matcher[])[],
  querier: Querier,
  control: QueryControl,
  warnings: string[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { timeMs, bounds } = request
  const range = { minTimeMs: timeMs - bounds.lookbackMs, maxTimeMs: timeMs }
  if (sets.length > 1) await querier.prepare?.(sets)
  const found: ChunkSeriesSet[] = []
  for (const matchers of sets) {
    const set = await querier.select({ matchers, ...range, sorted: true })
    warnings.push(...set.warnings)
    found.push(set)
  }
  const page = pageOf(request)
  const federation = new Federation(request, querier, page)
  for (const [index, row] of rowsByName(querier, found).entries()) {
    federation.add(row)
    yield* page.ready()
    if (index % 256 === 0) await control.checkpoint()
  }
  yield* page.finish()
}

function pageOf({ format, escaping }: FederateRequest): FamilyPage {
  if (format === 'protobuf') return new ProtobufPage(escaping)
  return new TextPage({ isOpenMetrics: format === 'openmetrics', escaping })
}

interface Row {
  readonly name: string
  readonly set: ChunkSeriesSet
  readonly series: number
}

/** Every series once, by metric name and else in label order; those without a name are left out. */
function rowsByName(querier: Querier, sets: readonly ChunkSeriesSet[]): readonly Row[] {
  const rows: Row[] = []
  const seen = new Set<string>()
  const nameId = querier.symbols.intern(metricNameLabel)
  for (const set of sets) {
    const { offsets, labelIds } = set.labels
    for (let series = 0; series < set.seriesCount; series++) {
      const ids = labelIds.subarray(offsets[series], offsets[series + 1])
      if (sets.length > 1) {
        const key = ids.join()
        if (seen.has(key)) continue
        seen.add(key)
      }
      const at = ids.findIndex((id, index) => index % 2 === 0 && id === nameId)
      const name = at < 0 ? '' : querier.symbols.text(ids[at + 1] ?? 0)
      if (name !== '') rows.push({ name, set, series })
    }
  }
  return rows.sort((a, b) => compareBytes(a.name, b.name))
}

/** Writes series after series, beginning a family where the name or the kind of sample changes. */
class Federation {
  readonly #request: FederateRequest
  readonly #querier: Querier
  readonly #page: FamilyPage
  readonly #columns = new GrowingColumns(64)
  readonly #histogram = new NativeHistogram()
  #family = ''

  constructor(request: FederateRequest, querier: Querier, page: FamilyPage) {
    this.#request = request
    this.#querier = querier
    this.#page = page
  }

  add({ name, set, series }: Row): void {
    const sample = this.#newest(set, series)
    if (sample === undefined) return
    const isNative = sample.histogram === undefined && sample.native !== undefined
    if (isNative && this.#request.format !== 'protobuf') return
    const type = this.#typeOf(sample)
    const family = `${type} ${name}`
    if (family !== this.#family) this.#page.begin(name, type)
    this.#family = family
    this.#page.add({ ...sample, labels: this.#labels(set, series) })
  }

  #typeOf({ value }: Sample): FamilyType {
    if (value !== undefined) return 'untyped'
    return this.#histogram.hint === resetHint.gauge ? 'gauge-histogram' : 'histogram'
  }

  /** The newest sample, undefined where it is a stale marker or there is none. */
  #newest(set: ChunkSeriesSet, series: number): Sample | undefined {
    const { timeMs, bounds } = this.#request
    const fromMs = timeMs - bounds.lookbackMs
    const count = set.readFloats(series, fromMs, timeMs, this.#columns)
    const { timestampsMs, values } = this.#columns
    const floatMs = count === 0 ? Number.NEGATIVE_INFINITY : (timestampsMs[count - 1] ?? 0)
    const cursor = set.readHistograms(series, fromMs, timeMs)
    let histogramMs = Number.NEGATIVE_INFINITY
    while (cursor.next()) {
      if (cursor.timestampMs < floatMs) continue
      histogramMs = cursor.timestampMs
      cursor.fill(this.#histogram)
    }
    if (histogramMs > floatMs) return this.#histogramSample(histogramMs)
    if (count === 0 || isStaleAt(halvesOf(values), count - 1)) return undefined
    return { timestampMs: floatMs, value: values[count - 1] ?? 0 }
  }

  #histogramSample(timestampMs: number): Sample | undefined {
    const native = this.#histogram
    if (native.isStale) return undefined
    if (native.schema !== customBucketsSchema) return { timestampMs, native }
    return { timestampMs, histogram: classicHistogram(native) }
  }

  /** Without the name, and with the external labels that it lacks; `instance` is never absent. */
  #labels(set: ChunkSeriesSet, series: number): readonly (readonly [string, string])[] {
    const { offsets, labelIds } = set.labels
    const { symbols } = this.#querier
    const pairs: (readonly [string, string])[] = []
    const end = offsets[series + 1] ?? 0
    for (let at = offsets[series] ?? 0; at < end; at += 2) {
      const name = symbols.text(labelIds[at] ?? 0)
      if (name !== metricNameLabel) pairs.push([name, symbols.text(labelIds[at + 1] ?? 0)])
    }
    const own = new Set(pairs.map(([name]) => name))
    const external = new Map([['instance', ''], ...this.#request.externalLabels])
    const added = [...external].filter(([name]) => !own.has(name))
    return [...pairs, ...added.sort(([a], [b]) => compareBytes(a, b))]
  }
}

type Sample = Omit<ExposedMetric, 'labels'>

/** The counts up to each bound; the page adds that of +Inf. */
function classicHistogram(native: NativeHistogram): ExposedHistogram {
  const buckets: (readonly [number, number])[] = []
  const cursor = new SpanCursor()
  cursor.begin(native.positiveSpans, native.positiveSpanCount)
  let total = 0
  for (let bound = 0; bound < native.customBoundCount; bound++) {
    while (cursor.valid && cursor.place < bound) cursor.next()
    if (cursor.valid && cursor.place === bound) total += native.positiveBuckets[cursor.index] ?? 0
    buckets.push([native.customBounds[bound] ?? 0, total])
  }
  return { count: native.count, sum: native.sum[0] ?? 0, isFloat: true, buckets }
}
