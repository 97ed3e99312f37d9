import { NativeHistogram } from '../model/histogram.ts'
import { takeLayout } from '../model/histogram-layout.ts'
import { Labels } from '../model/labels.ts'
import type { HistogramRow, LabelTable } from '../storage/vector-answers.ts'

/** One series of what a rule's query answered. */
export interface RuleSample {
  readonly labels: Labels
  /** 0 where it is a histogram. */
  readonly value: number
  readonly histogram: NativeHistogram | undefined
}

/** The same of all series, in columns: `labels` is the same object as long as they are the same. */
export interface RuleSeries {
  readonly labels: readonly Labels[]
  readonly values: Float64Array
  /** By row; their value is 0. */
  readonly histograms: ReadonlyMap<number, NativeHistogram>
}

/** What a rule could not do, in words for people: its health is bad until it can. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
}

/** What the main thread knows of a query's latest answer: label sets are told when they change. */
export class AnswerMemory {
  key = ''
  labels: readonly Labels[] = []

  /** Takes the label sets of an answer, which may be those that are known. */
  take(key: string, table: LabelTable | undefined): readonly Labels[] {
    if (table === undefined) return this.labels
    this.key = key
    this.labels = labelSetsOf(table)
    return this.labels
  }
}

function labelSetsOf({ pairs, texts }: LabelTable): readonly Labels[] {
  let at = 0
  return Array.from(pairs, (count) => {
    const start = at
    at += count * 2
    return Labels.fromSortedPairs(texts.slice(start, at))
  })
}

export const noHistograms: ReadonlyMap<number, NativeHistogram> = new Map()

export function histogramsOf(rows: readonly HistogramRow[]): ReadonlyMap<number, NativeHistogram> {
  if (rows.length === 0) return noHistograms
  return new Map(rows.map((row) => [row.row, histogramOf(row)]))
}

function histogramOf({ layout, count, sum }: HistogramRow): NativeHistogram {
  const native = new NativeHistogram()
  takeLayout(native, layout)
  native.count = count
  native.sum[0] = sum
  return native
}

/** One object for each row, for those who look at each anyway. */
export function samplesOf({ labels, values, histograms }: RuleSeries): readonly RuleSample[] {
  return labels.map((set, row) => ({
    labels: set,
    value: values[row] ?? 0,
    histogram: histograms.get(row),
  }))
}
