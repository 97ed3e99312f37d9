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
import { familyWriter } from '../wire/text-page.ts'
import { type FamilyPage, ProtobufPage, TextPage } from './family-page.ts'
import { requestFailure } from './request-failure.ts'
import { rowsByName } from './rows-by-name.ts'

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
  const rows = await rowsByName(found, querier.symbols, control.looks)
  for (let row = 0; row < rows.count; row++) {
    const set = found[rows.sets[row] ?? 0]
    if (set !== undefined) federation.add(rows.names[row] ?? 0, set, rows.series[row] ?? 0)
    yield* page.ready()
    if (row % 256 === 0) await control.checkpoint()
  }
  yield* page.finish()
}

function pageOf({ format, escaping }: FederateRequest): FamilyPage {
  if (format === 'protobuf') return new ProtobufPage(escaping)
  return new TextPage(familyWriter({ kind: format, escaping }))
}

/** Writes series after series, beginning a family where the name or the kind of sample changes. */
class Federation {
  readonly #request: FederateRequest
  readonly #querier: Querier
  readonly #page: FamilyPage
  readonly #showsNative: boolean
  readonly #columns = new GrowingColumns(64)
  readonly #histogram = new NativeHistogram()
  readonly #external: readonly (readonly [string, string])[]
  /** Of the family at hand; undefined before the first. */
  #nameId: number | undefined
  #type: FamilyType | undefined

  constructor(request: FederateRequest, querier: Querier, page: FamilyPage) {
    this.#request = request
    this.#querier = querier
    this.#page = page
    this.#showsNative = request.format !== 'text' && request.format !== 'openmetrics'
    // `instance` is never absent.
    const external = new Map([['instance', ''], ...request.externalLabels])
    this.#external = [...external].sort(([a], [b]) => compareBytes(a, b))
  }

  add(nameId: number, set: ChunkSeriesSet, series: number): void {
    const sample = this.#newest(set, series)
    if (sample === undefined) return
    const isNative = sample.histogram === undefined && sample.native !== undefined
    if (isNative && !this.#showsNative) return
    const type = this.#typeOf(sample)
    if (nameId !== this.#nameId || type !== this.#type) {
      this.#page.begin(this.#querier.symbols.text(nameId), type)
      this.#nameId = nameId
      this.#type = type
    }
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

  /** Without the name, and with the external labels that it lacks. */
  #labels(set: ChunkSeriesSet, series: number): readonly (readonly [string, string])[] {
    const { offsets, labelIds } = set.labels
    const { symbols } = this.#querier
    const pairs: (readonly [string, string])[] = []
    const end = offsets[series + 1] ?? 0
    for (let at = offsets[series] ?? 0; at < end; at += 2) {
      const name = symbols.text(labelIds[at] ?? 0)
      if (name !== metricNameLabel) pairs.push([name, symbols.text(labelIds[at + 1] ?? 0)])
    }
    const own = pairs.length
    for (const label of this.#external) {
      if (!hasLabel(pairs, own, label[0])) pairs.push(label)
    }
    return pairs
  }
}

/** Whether one of the first so many has the name. */
function hasLabel(
  pairs: readonly (readonly [string, string])[],
  count: number,
  name: string,
): boolean {
  for (let index = 0; index < count; index++) if (pairs[index]?.[0] === name) return true
  return false
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
