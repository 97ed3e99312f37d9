import type { WindowTeller } from '../functions/mixed-window.ts'
import type { WindowFunction } from '../functions/table.ts'
import { rescans, type WindowInput } from '../functions/window.ts'
import type { WindowNode } from '../plan/node.ts'
import { type Evaluation, stepsPerCheckpoint } from './evaluation.ts'
import { hasFloats } from './histogram-cells.ts'
import { LabelEditor, labelValue } from './label-editor.ts'
import { LabelSets } from './label-sets.ts'
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
  readonly #lookups: Lookups
  readonly #mixed: MixedWindows
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
    this.#low = new Int32Array(axis.steps)
    this.#high = new Int32Array(axis.steps)
    this.#reach = reachOf(
      evaluation,
      node.source.kind === 'subquery' ? { edges: 'plain' } : node.source,
    )
    this.#mixed = new MixedWindows(evaluation, implementation, axis.steps)
  }

  async series(): Promise<SeriesTable> {
    const rows: Float64Array[] = []
    for (const param of this.params) rows.push(await scalarRow(param, this.axis.steps))
    this.#params = rows
    this.#table = await this.source.series()
    return this.implementation.keepsName ? this.#table : withoutNames(this.#table, this.evaluation)
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
      await control.checkpoint()
      await this.#fill(batch, row)
    }
    this.#done += batch.rows
    return batch
  }

  async #fill(batch: StepBatch, row: number): Promise<void> {
    const series = batch.first + row
    const { source, evaluation, implementation } = this
    const count = source.read(series)
    const { histograms } = source
    if (count === 0 && histograms.count === 0) return
    const held = count + histograms.samples(0, histograms.count)
    evaluation.budget.add(held)
    const input = this.#windows(count)
    if (histograms.count === 0) {
      await this.#fillFloats(input, batch, row)
      if (input.startsMs !== undefined) {
        tellOverlaps(implementation, input, this.#teller(series), () => true)
      }
    } else {
      await this.#mixed.fill(input, histograms, batch, row, this.#teller(series), this.#isStored)
    }
    evaluation.counts.windows(input.low, input.high, this.#isStored, undefined)
    evaluation.budget.release(held)
    if (hasFloats(batch, row)) {
      const { annotations } = evaluation
      implementation.annotate?.(annotations, this.node.firstSpan, this.#params, (name) =>
        this.#label(series, name),
      )
    }
  }

  async #fillFloats(input: WindowInput, batch: StepBatch, row: number): Promise<void> {
    const { evaluation, implementation } = this
    const presentOffset = row * batch.words
    const { values, present } = batch
    const steps = rescans(implementation.kernel) ? stepsOfPart(input) : stepsPerCheckpoint
    for (let from = 0; from < batch.steps; from += steps) {
      const valueOffset = row * batch.steps + from
      const part = { values, valueOffset, present, presentOffset: presentOffset + (from >>> 5) }
      implementation.kernel(partOf(input, from, steps), part)
      if (from > 0) await evaluation.control.checkpoint()
    }
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
      metric: JSON.stringify(this.#label(series, '__name__')),
      warn: (text) => annotations.warn(text, firstSpan),
      info: (text) => annotations.info(text, firstSpan),
      warnCounted: (text, occurrences) => annotations.warnCounted(text, firstSpan, occurrences),
    }
  }

  #windows(count: number): WindowInput {
    const { firstMs, stepMs } = this.#lookups
    const { timestampsMs, values, startsMs } = this.source.columns
    const { rangeMs } = this.node.source
    const { beforeMs, afterMs } = this.#reach
    let low = 0
    let high = 0
    let endMs = firstMs
    for (let step = 0; step < this.axis.steps; step++, endMs += stepMs) {
      while (high < count && (timestampsMs[high] ?? 0) <= endMs + afterMs) high++
      while (low < high && (timestampsMs[low] ?? 0) <= endMs - rangeMs - beforeMs) low++
      this.#low[step] = low
      this.#high[step] = high
    }
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
export function withoutNames(
  table: SeriesTable,
  evaluation: Evaluation,
  onlyName = false,
): SeriesTable {
  if (evaluation.options.delayedNameRemoval) {
    return { ...table, nameDropped: new Uint8Array(table.count).fill(1) }
  }
  const editor = new LabelEditor(evaluation.symbols)
  const sets = new LabelSets()
  const name = new Set([evaluation.symbols.intern('__name__')])
  for (let series = 0; series < table.count; series++) {
    editor.load(table.labels, series)
    if (onlyName) editor.drop(name)
    else editor.dropReserved()
    editor.appendTo(sets)
  }
  return { ...table, labels: sets.columns() }
}
