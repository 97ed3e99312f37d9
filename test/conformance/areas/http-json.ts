import { parseDurationParameterMs, parseTimeMs } from '../../../src/api/time-parameter.ts'
import { encodeExemplarLabels } from '../../../src/model/exemplar.ts'
import { NativeHistogram as Histogram, type NativeHistogram } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import { HistogramsWriter } from '../../../src/promql/encode/histograms.ts'
import { JsonPieces } from '../../../src/promql/encode/json-pieces.ts'
import { PointsWriter } from '../../../src/promql/encode/series.ts'
import { defaultEngineFlags } from '../../../src/promql/engine-flags.ts'
import type { QueryRunner } from '../../../src/storage/query-runner.ts'
import { answerQueryText } from '../../../src/workers/query-text-request.ts'
import { startApi } from '../../support/api-server.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName, difference, runCase } from '../case-file.ts'

/** By Go's field names. */
interface PointData {
  readonly type?: string
  readonly T: number | string
  readonly F?: number | string
  readonly H?: HistogramData
  readonly Metric?: Readonly<Record<string, string>>
}

interface SeriesData {
  readonly type: 'Series'
  readonly Metric: Readonly<Record<string, string>>
  readonly Floats?: readonly PointData[]
  readonly Histograms?: readonly PointData[]
}

interface HistogramData {
  readonly Schema: number
  readonly Count: number
  readonly Sum: number
  readonly ZeroCount: number
  readonly ZeroThreshold: number
  readonly PositiveSpans: readonly SpanData[]
  readonly PositiveBuckets: readonly number[]
  readonly NegativeSpans: readonly SpanData[]
  readonly NegativeBuckets: readonly number[]
}

interface SpanData {
  readonly Offset: number
  readonly Length: number
}

interface ExemplarsData {
  readonly SeriesLabels: Readonly<Record<string, string>>
  readonly Exemplars: readonly {
    readonly Labels: Readonly<Record<string, string>>
    readonly Ts: number
    readonly Value: number | string
  }[]
}

type Response =
  | {
      readonly type: 'QueryData'
      readonly ResultType: string
      readonly Result: readonly (PointData | SeriesData)[]
    }
  | ({ readonly type: 'FPoint' } & PointData)
  | readonly ExemplarsData[]

interface JsonCase {
  readonly response: Response
  readonly expected_body: string
}

/** Values and their exact JSON. */
export async function jsonEncoding(directory: string): Promise<readonly CaseResult[]> {
  const file = 'json_encoding.json'
  const results: CaseResult[] = []
  for (const [index, one] of caseFile<JsonCase>(directory, file).cases.entries()) {
    const body = await bodyOf(one.response)
    const name = caseName(file, index, one.response)
    results.push(runCase(name, () => difference(body, one.expected_body)))
  }
  return results
}

async function bodyOf(response: Response): Promise<string> {
  if (isExemplars(response)) return await exemplarsBody(response)
  if (response.type === 'FPoint') return `{"status":"success","data":${pointsText([response])}}`
  const type = JSON.stringify(response.ResultType)
  const series = response.Result.map(seriesText).join(',')
  return `{"status":"success","data":{"resultType":${type},"result":[${series}]}}`
}

function isExemplars(response: Response): response is readonly ExemplarsData[] {
  return Array.isArray(response)
}

function seriesText(series: PointData | SeriesData): string {
  const metric = `{"metric":${JSON.stringify(series.Metric)}`
  if (!('Floats' in series || 'Histograms' in series)) {
    return `${metric},"value":${pointsText([series as PointData])}}`
  }
  const values = series.Floats === undefined ? '' : `,"values":[${pointsText(series.Floats)}]`
  const { Histograms: found } = series
  const histograms = found === undefined ? '' : `,"histograms":[${histogramsText(found)}]`
  return `${metric}${values}${histograms}}`
}

function pointsText(points: readonly PointData[]): string {
  const pieces = new JsonPieces()
  const writer = new PointsWriter(pieces)
  writer.begin()
  for (const { T, F } of points) {
    // A text stands for what JSON has no exact number for.
    if (typeof T === 'string') writer.exactAt(BigInt(T), numberOf(F))
    else writer.at(T, numberOf(F))
  }
  return Buffer.concat(pieces.finish()).toString()
}

function histogramsText(points: readonly PointData[]): string {
  const pieces = new JsonPieces()
  const writer = new HistogramsWriter(pieces)
  writer.begin()
  for (const { T, H } of points)
    if (H !== undefined) writer.at(typeof T === 'string' ? BigInt(T) : T, histogramOf(H))
  return Buffer.concat(pieces.finish()).toString()
}

function histogramOf(data: HistogramData): NativeHistogram {
  const histogram = new Histogram()
  histogram.isFloat = true
  histogram.schema = data.Schema
  histogram.count = data.Count
  histogram.sum[0] = data.Sum
  histogram.zeroCount = data.ZeroCount
  histogram.zeroThreshold = data.ZeroThreshold
  histogram.reserveBuckets(data.PositiveBuckets.length, data.NegativeBuckets.length)
  histogram.positiveBuckets.set(data.PositiveBuckets)
  histogram.negativeBuckets.set(data.NegativeBuckets)
  histogram.positiveBucketCount = data.PositiveBuckets.length
  histogram.negativeBucketCount = data.NegativeBuckets.length
  histogram.setPositiveSpans(spansOf(data.PositiveSpans), data.PositiveSpans.length)
  histogram.setNegativeSpans(spansOf(data.NegativeSpans), data.NegativeSpans.length)
  return histogram
}

function spansOf(spans: readonly SpanData[]): Int32Array {
  return Int32Array.from(spans.flatMap(({ Offset, Length }) => [Offset, Length]))
}

function numberOf(value: number | string | undefined): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY
  return value === '-Inf' ? Number.NEGATIVE_INFINITY : Number(value)
}

async function exemplarsBody(series: readonly ExemplarsData[]): Promise<string> {
  const ends: (() => void | Promise<void>)[] = []
  const found = series.map(({ SeriesLabels, Exemplars }) => ({
    labels: Labels.of(SeriesLabels),
    exemplars: Exemplars.map((one) => ({
      labels: encodeExemplarLabels(
        Object.entries(one.Labels)
          .flat()
          .map((text) => Buffer.from(text)),
      ),
      value: numberOf(one.Value),
      timestampMs: one.Ts,
      hasTimestamp: true,
    })),
  }))
  const source = {
    async *select() {
      yield* found
    },
  }
  const runner: QueryRunner = {
    run: async (request) =>
      request.kind === 'query-text'
        ? answerQueryText(request, defaultEngineFlags.language)
        : { ok: false, errorType: 'unavailable', message: 'only texts are read here' },
  }
  const options = { exemplars: () => source, runner: () => runner }
  const { url } = await startApi(options, (end) => ends.push(end))
  const response = await fetch(`${url}/api/v1/query_exemplars?query=foo`)
  const body = await response.text()
  for (const end of ends) await end()
  return body
}

interface ParameterCase {
  readonly kind: 'time' | 'duration'
  readonly input: string
  readonly error?: boolean
  readonly ms?: number
}

/** Time and duration parameters. */
export function parameterParsing(directory: string): readonly CaseResult[] {
  const file = 'parameter_parsing.json'
  return caseFile<ParameterCase>(directory, file).cases.map(({ kind, input, ms }, index) =>
    runCase(caseName(file, index, `${kind} ${input}`), () => {
      const parse = kind === 'time' ? parseTimeMs : parseDurationParameterMs
      let found: number | undefined
      try {
        found = parse(input)
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown
      }
      return difference(found, ms)
    }),
  )
}
