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

  /** An answer of floats whose label sets are those that are known. */
  withKnown(values: Float64Array): RuleSeries {
    return { labels: this.labels, values, histograms: noHistograms }
  }

  /** Takes the label sets of an answer, which may be those that are known. */
  async take(key: string, table: LabelTable | undefined, turn: Turn): Promise<readonly Labels[]> {
    if (table === undefined) return this.labels
    const labels = await labelSetsOf(table, turn)
    this.key = key
    this.labels = labels
    return labels
  }
}

/** Answers a promise to await where others are to have their turn of the event loop. */
export type Turn = () => Promise<void> | undefined

/** Rows that are read between two questions whether the turn is over: a millisecond's. */
const rowsPerTurn = 512

async function labelSetsOf({ pairs, texts }: LabelTable, turn: Turn): Promise<readonly Labels[]> {
  const labels: Labels[] = []
  let at = 0
  for (const count of pairs) {
    if (labels.length % rowsPerTurn === rowsPerTurn - 1) await turn()
    labels.push(Labels.fromSortedPairs(texts.slice(at, at + count * 2)))
    at += count * 2
  }
  return labels
}

export const noHistograms: ReadonlyMap<number, NativeHistogram> = new Map()

export async function histogramsOf(
  rows: readonly HistogramRow[],
  turn: Turn,
): Promise<ReadonlyMap<number, NativeHistogram>> {
  if (rows.length === 0) return noHistograms
  const histograms = new Map<number, NativeHistogram>()
  for (const row of rows) {
    if (histograms.size % rowsPerTurn === rowsPerTurn - 1) await turn()
    histograms.set(row.row, histogramOf(row))
  }
  return histograms
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
