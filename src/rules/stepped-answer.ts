import { NativeHistogram } from '../model/histogram.ts'
import { type HistogramLayoutJson, takeLayout } from '../model/histogram-layout.ts'
import { Labels } from '../model/labels.ts'
import type { RuleSeries } from './rule-sample.ts'

interface MatrixJson {
  readonly data: { readonly result: readonly SeriesJson[] }
}

interface SeriesJson {
  readonly metric: Readonly<Record<string, string>>
  readonly values?: readonly (readonly [seconds: number, value: string])[]
  readonly histograms?: readonly (readonly [seconds: number, histogram: HistogramJson])[]
}

interface HistogramJson {
  readonly count: string
  readonly sum: string
  readonly layout: HistogramLayoutJson
}

interface Step {
  readonly labels: Labels[]
  readonly values: number[]
  readonly histograms: Map<number, NativeHistogram>
}

/** The engine's answer to a range query as what each of its `count` steps has. */
export function steppedAnswer(
  body: readonly Uint8Array[],
  { startMs, stepMs, count }: { startMs: number; stepMs: number; count: number },
): readonly RuleSeries[] {
  const { data }: MatrixJson = JSON.parse(Buffer.concat(body).toString())
  const steps = Array.from(
    { length: count },
    (): Step => ({ labels: [], values: [], histograms: new Map() }),
  )
  const at = (seconds: number) => steps[Math.round((seconds * 1_000 - startMs) / stepMs)]
  for (const { metric, values = [], histograms = [] } of data.result) {
    const labels = Labels.of(metric)
    for (const [seconds, value] of values) {
      const step = at(seconds)
      step?.labels.push(labels)
      step?.values.push(floatOf(value))
    }
    for (const [seconds, histogram] of histograms) {
      const step = at(seconds)
      step?.histograms.set(step.labels.length, nativeOf(histogram))
      step?.labels.push(labels)
      step?.values.push(0)
    }
  }
  return steps.map((step) => ({ ...step, values: Float64Array.from(step.values) }))
}

function nativeOf(json: HistogramJson): NativeHistogram {
  const native = new NativeHistogram()
  takeLayout(native, json.layout)
  native.count = floatOf(json.count)
  native.sum[0] = floatOf(json.sum)
  return native
}

function floatOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
