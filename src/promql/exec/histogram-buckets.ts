import { Lazy } from '../../base/lazy.ts'
import { goQuote } from '../../model/go-quote.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { Buckets, type Forced } from '../functions/bucket-quantile.ts'
import { parseGoFloat } from '../functions/go-float.ts'
import type { Span } from '../parse/ast.ts'
import type { Monotonicity } from './annotations.ts'
import type { Evaluation } from './evaluation.ts'
import {
  hasFloats,
  hasHistograms,
  isHistogram,
  loadHistogram,
  putFloat,
} from './histogram-cells.ts'
import { LabelEditor, labelValue } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import { Memo, TableMemo, tableItself } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { scalarRow } from './scalar-row.ts'
import { isPresent, type StepBatch, type TimeAxis, timeAt } from './step-batch.ts'
import { withoutNames } from './window-call.ts'

/** Its value may change from step to step with the parameters. */
export interface OutputLabel {
  readonly name: string
  valueOf(params: readonly number[]): string
}

/** One output of a function of histograms; `params` has a value for each step. */
export interface BucketFunction {
  /** The label that tells the outputs apart, where there are several. */
  readonly label: OutputLabel | undefined
  readonly params: readonly Operator[]
  /** Whether counts must rise for these parameters. */
  needsRising(params: readonly number[]): boolean
  compute(buckets: Buckets, params: readonly number[]): number
  computeNative(histogram: NativeHistogram, params: readonly number[]): number
  /** What is to be told of the latest answer of computeNative. */
  nativeInfo(): string | undefined
}

/**
 * The series of one classic histogram, bounds ascending, and the series of native histograms that
 * has the same labels.
 */
interface Histogram {
  readonly series: number[]
  readonly bounds: number[]
  native: number
}

/** What belongs together, and series whose bound is none. */
interface Grouped {
  readonly histograms: readonly Histogram[]
  readonly table: SeriesTable
  readonly unbound: readonly number[]
}

class GroupedMemo extends Memo<Grouped> {}

/** A function for the steps at which its label has one value. */
interface Output {
  readonly made: BucketFunction
  readonly params: readonly Float64Array[]
  readonly label: { readonly name: string; readonly value: string } | undefined
  /** 1 where it has that value; all steps where there is none. */
  readonly steps: Uint8Array | undefined
}

const none = -1

/**
 * histogram_quantile, histogram_quantiles and histogram_fraction (rows Q6.*): floats that agree in
 * all labels but `le` are one classic histogram. Where there is a native one with its labels at the
 * same step, neither has an answer.
 */
export class HistogramBuckets implements Operator {
  #reader: MatrixReader | undefined
  readonly #native = new Lazy(() => new NativeHistogram())
  readonly #groupsMemo: GroupedMemo
  readonly #tableMemo: TableMemo
  /** Of several quantiles, by histogram: 1 at the steps where one was told to have been forced. */
  #told: readonly Uint8Array[] = []

  constructor(
    readonly evaluation: Evaluation,
    readonly child: Operator,
    readonly functions: readonly BucketFunction[],
    readonly argumentSpan: Span,
    readonly axis: TimeAxis,
  ) {
    this.#groupsMemo = evaluation.memos.take(GroupedMemo)
    this.#tableMemo = evaluation.memos.take(TableMemo)
  }

  async series(): Promise<SeriesTable> {
    const { evaluation, axis } = this
    const outputs: Output[] = []
    for (const made of this.functions) {
      const params: Float64Array[] = []
      for (const operator of made.params) params.push(await scalarRow(operator, axis.steps))
      outputs.push(...outputsOf(made, params, axis.steps))
    }
    const input = await this.child.series()
    const held = await HeldMatrix.from(evaluation, this.child, input, axis.steps)
    const { histograms, table, unbound } = await this.#grouped(held)
    const { looks } = evaluation
    for (const series of unbound) {
      const over = looks.turn()
      if (over !== undefined) await over
      this.#warnBound(held.table, series)
    }
    const result = new HeldMatrix(evaluation, await this.#tableOf(outputs, table), axis.steps)
    const stepsTold = outputs.length > 1 ? axis.steps : 0
    this.#told = histograms.map(looks.each(() => new Uint8Array(stepsTold)))
    for (const [place, output] of outputs.entries()) {
      for (const [at, histogram] of histograms.entries()) {
        const row = place * histograms.length + at
        this.#fill(held, histogram, output, result, row, at, table)
        await evaluation.control.checkpoint()
      }
    }
    held.release()
    this.#reader = new MatrixReader(evaluation, result)
    return result.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }

  /** Where all series are floats, it follows from their labels which of them belong together. */
  async #grouped(held: HeldMatrix): Promise<Grouped> {
    if (!isAllFloats(held)) return this.#group(held)
    const { symbols } = this.evaluation
    const group = () => this.#group(held)
    return this.#groupsMemo.of([held.table], symbols, group, ({ table }) => table)
  }

  async #group(held: HeldMatrix): Promise<Grouped> {
    const { looks, symbols } = this.evaluation
    const { labels, count } = held.table
    const le = symbols.intern('le')
    const without = new Set([le])
    const editor = new LabelEditor(symbols)
    const index = new LabelSetIndex()
    const histograms: Histogram[] = []
    const unbound: number[] = []
    const at = (group: number) => {
      histograms[group] ??= { series: [], bounds: [], native: none }
      return histograms[group]
    }
    for (let series = 0; series < count; series++) {
      const over = looks.turn()
      if (over !== undefined) await over
      if (hasHistograms(held, series)) {
        at(editor.load(labels, series).addTo(index)).native = series
      }
      if (!hasFloats(held, series)) continue
      const text = labelValue(labels, series, le, symbols)
      const bound = parseGoFloat(text)
      if (bound === undefined) {
        unbound.push(series)
        continue
      }
      insertByBound(at(editor.load(labels, series).drop(without).addTo(index)), series, bound)
    }
    const nameDropped = new Uint8Array(histograms.length)
    const table = { count: histograms.length, labels: index.sets.columns(), nameDropped }
    return { histograms, table, unbound }
  }

  #warnBound(table: SeriesTable, series: number): void {
    const { symbols } = this.evaluation
    const text = labelValue(table.labels, series, symbols.intern('le'), symbols)
    const metric = this.#metricOf(table, series)
    const told = `bucket label "le" is missing or has a malformed value of ${goQuote(text)}`
    this.evaluation.annotations.warn(told + ofMetric(metric), this.argumentSpan)
  }

  /** Upstream names the metric only where its name is still there when it tells. */
  #metricOf({ labels }: SeriesTable, series: number): string {
    const { symbols, options } = this.evaluation
    if (!options.delayedNameRemoval) return ''
    return labelValue(labels, series, symbols.intern('__name__'), symbols)
  }

  async #tableOf(outputs: readonly Output[], table: SeriesTable): Promise<SeriesTable> {
    const make = () => this.#table(outputs, table)
    if (outputs.some(({ label }) => label !== undefined)) return make()
    return this.#tableMemo.of([table], this.evaluation.symbols, make, tableItself)
  }

  /** Output after output, the histograms of each; the same label sets but for their label. */
  async #table(outputs: readonly Output[], table: SeriesTable): Promise<SeriesTable> {
    const { evaluation } = this
    const { looks, symbols } = evaluation
    const editor = new LabelEditor(symbols)
    const index = new LabelSetIndex()
    for (const { label } of outputs) {
      for (let at = 0; at < table.count; at++) {
        const over = looks.turn()
        if (over !== undefined) await over
        editor.load(table.labels, at)
        if (label !== undefined) editor.set(symbols.intern(label.name), label.value)
        editor.appendTo(index.sets)
      }
    }
    const count = index.sets.count
    const all = { count, labels: index.sets.columns(), nameDropped: new Uint8Array(count) }
    return withoutNames(all, evaluation)
  }

  #fill(
    held: HeldMatrix,
    histogram: Histogram,
    { made, params, steps }: Output,
    result: HeldMatrix,
    row: number,
    at: number,
    table: SeriesTable,
  ): void {
    const { annotations } = this.evaluation
    let samples = 0
    let told: Monotonicity | undefined
    const values = params.map(() => 0)
    for (let step = 0; step < held.steps; step++) {
      if (steps?.[step] === 0) continue
      const buckets = bucketsAt(held, histogram, step)
      for (const [place, param] of params.entries()) values[place] = param[step] ?? 0
      if (hasNative(held, histogram, step)) {
        const metric = ofMetric(this.#metricOf(table, at))
        if (buckets.size > 0) {
          const text = `vector contains a mix of classic and native histograms${metric}`
          annotations.warn(text, this.argumentSpan)
          continue
        }
        loadHistogram(held, histogram.native, step, this.#native.value)
        putFloat(result, row, step, made.computeNative(this.#native.value, values))
        samples++
        const info = made.nativeInfo()
        if (info !== undefined) annotations.info(info + metric, this.argumentSpan)
        continue
      }
      if (buckets.size === 0) continue
      if (buckets.endsInInfinity && made.needsRising(values)) {
        const forced = buckets.forceMonotonic()
        if (forced !== undefined && this.#told[at]?.[step] !== 1) {
          told = addForced(told, forced, timeAt(this.axis, step))
          this.#told[at]?.fill(1, step, step + 1)
        }
      }
      putFloat(result, row, step, made.compute(buckets, values))
      samples++
    }
    result.hold(samples)
    if (told === undefined) return
    annotations.forcedMonotonicity(this.#metricOf(table, at), this.argumentSpan, told)
  }
}

/** One for each value that the label has at some step. */
function outputsOf(
  made: BucketFunction,
  params: readonly Float64Array[],
  steps: number,
): readonly Output[] {
  const { label } = made
  if (label === undefined) return [{ made, params, label, steps: undefined }]
  const found = new Map<string, Uint8Array>()
  for (let step = 0; step < steps; step++) {
    const value = label.valueOf(params.map((param) => param[step] ?? 0))
    const marks = found.get(value) ?? new Uint8Array(steps)
    marks[step] = 1
    found.set(value, marks)
  }
  const { name } = label
  return [...found].map(([value, marks]) => ({
    made,
    params,
    label: { name, value },
    steps: marks,
  }))
}

function isAllFloats(held: HeldMatrix): boolean {
  if (held.histograms.hasAny) return false
  for (let series = 0; series < held.rows; series++) {
    held.evaluation.looks.item()
    if (!hasFloats(held, series)) return false
  }
  return true
}

function ofMetric(metric: string): string {
  return metric === '' ? '' : ` for metric name ${goQuote(metric)}`
}

function hasNative(held: HeldMatrix, { native }: Histogram, step: number): boolean {
  return (
    native !== none &&
    isPresent(held.present, native * held.words, step) &&
    isHistogram(held, native, step)
  )
}

function insertByBound({ series, bounds }: Histogram, member: number, bound: number): void {
  let place = bounds.length
  while (place > 0 && (bounds[place - 1] ?? 0) > bound) place--
  bounds.splice(place, 0, bound)
  series.splice(place, 0, member)
}

const reused = new Buckets()

function bucketsAt(held: HeldMatrix, histogram: Histogram, step: number): Buckets {
  reused.clear()
  for (let place = 0; place < histogram.series.length; place++) {
    const series = histogram.series[place] ?? 0
    if (!isPresent(held.present, series * held.words, step)) continue
    if (isHistogram(held, series, step)) continue
    reused.add(histogram.bounds[place] ?? 0, held.values[series * held.steps + step] ?? 0)
  }
  return reused
}

/** Steps come in order, so the newest is the last. */
function addForced(told: Monotonicity | undefined, forced: Forced, timeMs: number): Monotonicity {
  if (told === undefined) return { ...forced, minTimeMs: timeMs, maxTimeMs: timeMs, count: 1 }
  told.maxTimeMs = timeMs
  told.minBucket = Math.min(told.minBucket, forced.minBucket)
  told.maxBucket = Math.max(told.maxBucket, forced.maxBucket)
  told.maxDifference = Math.max(told.maxDifference, forced.maxDifference)
  told.count++
  return told
}
