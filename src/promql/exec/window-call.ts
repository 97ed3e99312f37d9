import { Lazy } from '../../base/lazy.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { WindowTeller } from '../functions/mixed-window.ts'
import type { WindowFunction } from '../functions/table.ts'
import { rescans, type WindowInput } from '../functions/window.ts'
import type { WindowNode } from '../plan/node.ts'
import { type Evaluation, stepsPerCheckpoint } from './evaluation.ts'
import { hasFloats } from './histogram-cells.ts'
import { LabelEditor, labelValue } from './label-editor.ts'
import { LabelSets } from './label-sets.ts'
import { TableMemo, tableItself } from './memos.ts'
import { MixedWindows, tellOverlaps } from './mixed-windows.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { reachOf, type SampleSource, type SeriesRun } from './sample-source.ts'
import { scalarRow } from './scalar-row.ts'
import type { StepBatch, TimeAxis } from './step-batch.ts'
import { type Lookups, lookupsOf } from './vector-selector.ts'

/**
 * A function over a range vector (rows Q5.*): per series the samples are read once, the windows of
 * all steps found with two pointers, and the function's kernel fills the row.
 */
export class WindowCall implements Operator {
  readonly #low: Int32Array
  readonly #high: Int32Array
  /** So many steps of #low are found, and those behind them stand in #high's memory already. */
  readonly #lowSteps: number
  readonly #lookups: Lookups
  readonly #mixed: Lazy<MixedWindows>
  readonly #memo: TableMemo
  readonly #reach: ReturnType<typeof reachOf>
  #params: readonly Float64Array[] = []
  readonly #isStored: boolean
  #table: SeriesTable | undefined
  #run: SeriesRun | undefined
  #done = 0
  #batch: StepBatch | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: WindowNode,
    readonly implementation: WindowFunction,
    readonly source: SampleSource,
    readonly params: readonly Operator[],
    readonly axis: TimeAxis,
  ) {
    this.#lookups = lookupsOf(axis, node.source)
    this.#isStored = node.source.kind === 'range-selector'
    this.#reach = reachOf(
      evaluation,
      node.source.kind === 'subquery' ? { edges: 'plain' } : node.source,
    )
    const { steps } = axis
    // Windows that are whole steps long begin where earlier ones end.
    const stepsLong = this.#windowMs / this.#lookups.stepMs
    const isShifted = Number.isInteger(stepsLong) && stepsLong < steps
    this.#lowSteps = isShifted ? stepsLong : steps
    const bounds = new Int32Array(this.#lowSteps + steps)
    this.#low = bounds.subarray(0, steps)
    this.#high = bounds.subarray(this.#lowSteps)
    this.#mixed = new Lazy(() => new MixedWindows(evaluation, implementation, axis.steps))
    this.#memo = evaluation.memos.take(TableMemo)
  }

  async series(): Promise<SeriesTable> {
    const rows: Float64Array[] = []
    for (const param of this.params) rows.push(await scalarRow(param, this.axis.steps))
    this.#params = rows
    const table = await this.source.series()
    this.#table = table
    const { evaluation, implementation } = this
    if (implementation.keepsName) return table
    const cut = () => withoutNames(table, evaluation)
    return this.#memo.of([table], evaluation.symbols, cut, tableItself)
  }

  async next(): Promise<StepBatch | undefined> {
    const { control } = this.evaluation
    if (this.#run === undefined || this.#done === this.#run.count) {
      this.#run = await this.source.advance()
      this.#done = 0
    }
    const run = this.#run
    if (run === undefined) return undefined
    this.#batch ??= this.evaluation.batch(this.axis, this.#table?.count ?? 1)
    const batch = this.#batch
    batch.reset(run.first + this.#done, Math.min(batch.rowsMax, run.count - this.#done))
    for (let row = 0; row < batch.rows; row++) {
      const isOver = control.checkpoint()
      if (isOver !== undefined) await isOver
      const filling = this.#fill(batch, row)
      if (filling !== undefined) await filling
    }
    this.#done += batch.rows
    return batch
  }

  /** A promise where it takes so long that others may want their turn meanwhile. */
  #fill(batch: StepBatch, row: number): Promise<void> | undefined {
    const series = batch.first + row
    const { source, evaluation } = this
    const count = source.read(series)
    const { histograms } = source
    if (count === 0 && histograms.count === 0) return undefined
    const held = count + histograms.samples(0, histograms.count)
    evaluation.budget.add(held)
    const input = this.#windows(count)
    const isLong = histograms.count > 0 || this.#stepsAtOnce(input) < batch.steps
    if (isLong) return this.#fillLong(input, batch, row, held)
    this.implementation.kernel(input, partOfRow(batch, row, 0))
    this.#endRow(input, batch, row, held)
    return undefined
  }

  async #fillLong(input: WindowInput, batch: StepBatch, row: number, held: number): Promise<void> {
    const { histograms } = this.source
    if (histograms.count === 0) await this.#fillFloats(input, batch, row)
    else {
      const teller = this.#teller(batch.first + row)
      await this.#mixed.value.fill(input, histograms, batch, row, teller, this.#isStored)
    }
    this.#endRow(input, batch, row, held)
  }

  #endRow(input: WindowInput, batch: StepBatch, row: number, held: number): void {
    const series = batch.first + row
    const { source, evaluation, implementation } = this
    if (input.startsMs !== undefined && source.histograms.count === 0) {
      tellOverlaps(implementation, input, this.#teller(series), () => true)
    }
    if (this.#lowSteps < this.axis.steps)
      evaluation.counts.shiftedWindows(input.low, input.high, this.#lowSteps, this.#isStored)
    else evaluation.counts.windows(input.low, input.high, this.#isStored, undefined)
    evaluation.budget.release(held)
    const { annotations } = evaluation
    if (annotations.areTold && hasFloats(batch, row)) {
      implementation.annotate?.(annotations, this.node.firstSpan, this.#params, (name) =>
        this.#label(series, name),
      )
    }
  }

  async #fillFloats(input: WindowInput, batch: StepBatch, row: number): Promise<void> {
    const { evaluation, implementation } = this
    const steps = this.#stepsAtOnce(input)
    for (let from = 0; from < batch.steps; from += steps) {
      implementation.kernel(partOf(input, from, steps), partOfRow(batch, row, from))
      if (from > 0) await evaluation.control.checkpoint()
    }
  }

  #stepsAtOnce(input: WindowInput): number {
    return rescans(this.implementation.kernel) ? stepsOfPart(input) : stepsPerCheckpoint
  }

  #label(series: number, name: string): string {
    const { symbols } = this.evaluation
    if (this.#table === undefined) return ''
    return labelValue(this.#table.labels, series, symbols.intern(name), symbols)
  }

  #teller(series: number): WindowTeller {
    const { annotations } = this.evaluation
    const { firstSpan } = this.node
    return {
      metric: goQuote(this.#label(series, '__name__')),
      warn: (text) => annotations.warn(text, firstSpan),
      info: (text) => annotations.info(text, firstSpan),
      warnCounted: (text, occurrences) => annotations.warnCounted(text, firstSpan, occurrences),
    }
  }

  get #windowMs(): number {
    const { beforeMs, afterMs } = this.#reach
    return this.node.source.rangeMs + beforeMs + afterMs
  }

  #windows(count: number): WindowInput {
    const { firstMs, stepMs } = this.#lookups
    const { timestampsMs, values, startsMs } = this.source.columns
    const { rangeMs } = this.node.source
    const { beforeMs, afterMs } = this.#reach
    const highMs = firstMs + afterMs
    const lowMs = highMs - this.#windowMs
    fillBehind(timestampsMs, count, highMs, stepMs, this.axis.steps, this.#high)
    fillBehind(timestampsMs, count, lowMs, stepMs, this.#lowSteps, this.#low)
    return {
      timestampsMs,
      values,
      startsMs,
      low: this.#low,
      high: this.#high,
      steps: this.axis.steps,
      count,
      endMs: firstMs,
      endStepMs: stepMs,
      rangeMs,
      beforeMs,
      afterMs,
      timeMs: this.axis.startMs,
      timeStepMs: this.axis.stepMs,
      params: this.#params,
    }
  }
}

/**
 * For each step the first of the samples that is later than its time. Samples mostly come at regular
 * times, so that one step goes as far as that before.
 */
function fillBehind(
  timestampsMs: Float64Array,
  count: number,
  firstMs: number,
  stepMs: number,
  steps: number,
  into: Int32Array,
): void {
  let behind = 0
  let stride = 0
  for (let step = 0; step < steps; step++) {
    const timeMs = firstMs + step * stepMs
    const guess = behind + stride
    const isEarlier = guess > 0 && (timestampsMs[guess - 1] ?? Number.NaN) <= timeMs
    if (isEarlier && guess < count && (timestampsMs[guess] ?? 0) > timeMs) behind = guess
    else {
      const before = behind
      while (behind < count && (timestampsMs[behind] ?? 0) <= timeMs) behind++
      stride = behind - before
    }
    into[step] = behind
  }
}

/** A row from a step on, which begins a word of presence. */
function partOfRow(batch: StepBatch, row: number, from: number) {
  const { values, present, steps, words } = batch
  const presentOffset = row * words + (from >>> 5)
  return { values, valueOffset: row * steps + from, present, presentOffset }
}

/** So many steps that about stepsPerCheckpoint samples are looked at, whole words of presence. */
function stepsOfPart({ low, high, steps }: WindowInput): number {
  let looked = 0
  for (let step = 0; step < steps; step++) looked += (high[step] ?? 0) - (low[step] ?? 0)
  const fitting = Math.floor((stepsPerCheckpoint * steps) / Math.max(looked, steps))
  return Math.max(fitting & ~31, 32)
}

/** The steps from `from` on, as many as are computed without a checkpoint. */
function partOf(input: WindowInput, from: number, steps: number): WindowInput {
  if (input.steps <= steps) return input
  const to = Math.min(from + steps, input.steps)
  return {
    ...input,
    low: input.low.subarray(from, to),
    high: input.high.subarray(from, to),
    steps: to - from,
    endMs: input.endMs + from * input.endStepMs,
    timeMs: input.timeMs + from * input.timeStepMs,
    params: input.params.map((param) => param.subarray(from, to)),
  }
}

/**
 * The same series whose names go, and with them the labels of type and unit unless `onlyName`:
 * marked with delayed name removal, else cut out now.
 */
export async function withoutNames(
  table: SeriesTable,
  evaluation: Evaluation,
  onlyName = false,
): Promise<SeriesTable> {
  if (evaluation.options.delayedNameRemoval) {
    return { ...table, nameDropped: new Uint8Array(table.count).fill(1) }
  }
  const editor = new LabelEditor(evaluation.symbols)
  const sets = new LabelSets()
  const name = new Set([evaluation.symbols.intern('__name__')])
  const { labels } = table
  await evaluation.looks.inTurns(table.count, (from, to) => {
    for (let series = from; series < to; series++) {
      editor.load(labels, series)
      if (onlyName) editor.drop(name)
      else editor.dropReserved()
      editor.appendTo(sets)
    }
  })
  return { ...table, labels: sets.columns() }
}
