import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import type { ChunkSeriesSet } from '../../storage/querier.ts'
import type { VectorSelectorNode } from '../plan/node.ts'
import { type Evaluation, stepsPerCheckpoint } from './evaluation.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { ReusedColumns, refuseHistograms, type Select } from './selects.ts'
import { lastTime, type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

/**
 * An instant selector: at each step the newest sample in (t - lookback, t], none where that one is
 * a stale marker (rows Q2.3, Q2.5, Q2.6). Each series is decoded once for all steps.
 */
export class VectorSelector implements Operator {
  readonly #columns = new ReusedColumns()
  readonly #select: Select
  readonly #lookups: Lookups
  readonly #latest: LatestSamples
  #found: ChunkSeriesSet | undefined
  #batch: StepBatch | undefined
  #next = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly node: VectorSelectorNode,
    readonly axis: TimeAxis,
  ) {
    this.#lookups = lookupsOf(axis, node)
    this.#latest = new LatestSamples(
      this.#columns,
      this.#lookups,
      evaluation.lookbackMs,
      node.reads,
    )
    this.#select = evaluation.selects.of(node.select.id, node.select.matchers)
    this.#select.widen(
      this.#lookups.firstMs - evaluation.lookbackMs + 1,
      lastLookup(axis, this.#lookups),
    )
  }

  async series(): Promise<SeriesTable> {
    const { selects, annotations } = this.evaluation
    this.#found = await this.#select.series(selects.querier, annotations)
    const count = this.#found.seriesCount
    return { count, labels: this.#found.labels, nameDropped: new Uint8Array(count) }
  }

  async next(): Promise<StepBatch | undefined> {
    const set = this.#found
    if (set === undefined || this.#next >= set.seriesCount) return undefined
    const { control, budget } = this.evaluation
    this.#batch ??= this.evaluation.batch(this.axis)
    const batch = this.#batch
    batch.reset(this.#next, Math.min(batch.rowsMax, set.seriesCount - this.#next))
    for (let row = 0; row < batch.rows; row++) {
      const samples = this.#read(set, batch.first + row)
      this.#latest.begin(samples)
      for (let from = 0; from < batch.steps; from += stepsPerCheckpoint) {
        const to = Math.min(from + stepsPerCheckpoint, batch.steps)
        budget.countRead(this.#latest.fill(batch, row, from, to))
        if (from > 0) await control.checkpoint()
      }
      if ((row & 15) === 15) await control.checkpoint()
    }
    this.#next += batch.rows
    await control.checkpoint()
    return batch
  }

  #read(set: ChunkSeriesSet, series: number): number {
    const { firstMs } = this.#lookups
    const { lookbackMs, budget } = this.evaluation
    const lastMs = lastLookup(this.axis, this.#lookups)
    const count = set.readFloats(series, firstMs - lookbackMs + 1, lastMs, this.#columns)
    refuseHistograms(set)
    budget.check(count)
    return count
  }
}

/** Where a selector looks: at step s at firstMs + s * stepMs, at one place where it is pinned. */
export interface Lookups {
  readonly firstMs: number
  readonly stepMs: number
}

export function lookupsOf(
  axis: TimeAxis,
  node: { readonly offsetMs: number; readonly atMs: number | undefined },
): Lookups {
  if (node.atMs !== undefined) return { firstMs: node.atMs - node.offsetMs, stepMs: 0 }
  return { firstMs: axis.startMs - node.offsetMs, stepMs: axis.stepMs }
}

export function lastLookup(axis: TimeAxis, lookups: Lookups): number {
  return lookups.stepMs === 0 ? lookups.firstMs : lookups.firstMs + lastTime(axis) - axis.startMs
}

/** Finds for steps in order the newest sample of a series that is not older than the lookback. */
class LatestSamples {
  #count = 0
  #index = -1

  constructor(
    readonly columns: ReusedColumns,
    readonly lookups: Lookups,
    readonly lookbackMs: number,
    readonly reads: VectorSelectorNode['reads'],
  ) {}

  /** Starts with the `count` samples that the columns hold now. */
  begin(count: number): void {
    this.#count = count
    this.#index = -1
  }

  /** Fills steps `from` to `to`, which follow those filled before; answers how many have one. */
  fill(batch: StepBatch, row: number, from: number, to: number): number {
    const { columns, lookups, lookbackMs } = this
    const { timestampsMs } = columns
    const halves = halvesOf(columns.values)
    const isTime = this.reads === 'timestamp'
    const reads = isTime ? timestampsMs : columns.values
    const valueOffset = row * batch.steps
    const presentOffset = row * batch.words
    const count = this.#count
    let index = this.#index
    let found = 0
    let timeMs = lookups.firstMs + from * lookups.stepMs
    for (let step = from; step < to; step++, timeMs += lookups.stepMs) {
      while (index + 1 < count && (timestampsMs[index + 1] ?? 0) <= timeMs) index++
      if (index < 0 || (timestampsMs[index] ?? 0) <= timeMs - lookbackMs) continue
      if (isStaleAt(halves, index)) continue
      const value = reads[index] ?? 0
      batch.values[valueOffset + step] = isTime ? value / 1000 : value
      setPresent(batch.present, presentOffset, step)
      found++
    }
    this.#index = index
    return found
  }
}
