import { NativeHistogram } from '../model/histogram.ts'
import { type HistogramLayoutJson, takeLayout } from '../model/histogram-layout.ts'
import { Labels } from '../model/labels.ts'

/** One series of what a rule's query answered. */
export interface RuleSample {
  readonly labels: Labels
  /** 0 where it is a histogram. */
  readonly value: number
  readonly histogram: NativeHistogram | undefined
}

/** What a rule could not do, in words for people: its health is bad until it can. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
}

interface VectorElement {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [seconds: number, value: string]
  readonly histogram?: readonly [seconds: number, histogram: HistogramJson]
}

interface HistogramJson {
  readonly count: string
  readonly sum: string
  readonly layout: HistogramLayoutJson
}

type ResultJson =
  | { readonly resultType: 'vector'; readonly result: readonly VectorElement[] }
  | { readonly resultType: 'scalar'; readonly result: readonly [seconds: number, value: string] }
  | { readonly resultType: 'matrix' | 'string' }

/** The engine's answer as samples; a scalar is one without labels (row R2.5). Throws RuleError. */
export function samplesOf(body: readonly Uint8Array[]): readonly RuleSample[] {
  const { data }: { data: ResultJson } = JSON.parse(Buffer.concat(body).toString())
  switch (data.resultType) {
    case 'vector':
      return data.result.map(sampleOf)
    case 'scalar':
      return [{ labels: Labels.empty, value: floatOf(data.result[1]), histogram: undefined }]
    default:
      throw new RuleError('rule result is not a vector or scalar')
  }
}

function sampleOf({ metric, value, histogram }: VectorElement): RuleSample {
  const labels = Labels.of(metric)
  if (histogram === undefined) {
    return { labels, value: floatOf(value?.[1] ?? ''), histogram: undefined }
  }
  const [, json] = histogram
  const native = new NativeHistogram()
  takeLayout(native, json.layout)
  native.count = floatOf(json.count)
  native.sum[0] = floatOf(json.sum)
  return { labels, value: 0, histogram: native }
}

function floatOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
