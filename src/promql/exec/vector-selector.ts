import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import type { ChunkSeriesSet } from '../../storage/querier.ts'
import type { VectorSelectorNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { ReusedColumns, type Select } from './selects.ts'
import { lastTime, type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

/**
 * An instant selector: at each step the newest sample in (t - lookback, t], none where that one is
 * a stale marker (rows Q2.3, Q2.5, Q2.6). Each series is decoded once for all steps.
 */
export class VectorSelector implements Operator {
  readonly #columns = new ReusedColumns()
  readonly #select: Select
  readonly #lookups: Lookups
  #found: ChunkSeriesSet | undefined
  #batch: StepBatch | undefined
  #next = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly node: VectorSelectorNode,
    readonly axis: TimeAxis,
  ) {
    this.#lookups = lookupsOf(axis, node)
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
      budget.countRead(this.#fill(set, batch, row))
      if ((row & 15) === 15) await control.checkpoint()
    }
    this.#next += batch.rows
    await control.checkpoint()
    return batch
  }

  #fill(set: ChunkSeriesSet, batch: StepBatch, row: number): number {
    const { firstMs } = this.#lookups
    const { lookbackMs, budget } = this.evaluation
    const columns = this.#columns
    const lastMs = lastLookup(this.axis, this.#lookups)
    const count = set.readFloats(batch.first + row, firstMs - lookbackMs + 1, lastMs, columns)
    budget.check(count)
    const reads = this.node.reads === 'timestamp' ? columns.timestampsMs : columns.values
    const found = fillLatest(columns, reads, count, this.#lookups, lookbackMs, batch, row)
    if (this.node.reads === 'timestamp') {
      const end = (row + 1) * batch.steps
      for (let at = row * batch.steps; at < end; at++) {
        batch.values[at] = (batch.values[at] ?? 0) / 1000
      }
    }
    return found
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

/** Answers how many steps have a sample; what is written of it is its place in `reads`. */
function fillLatest(
  columns: ReusedColumns,
  reads: Float64Array,
  count: number,
  lookups: Lookups,
  lookbackMs: number,
  batch: StepBatch,
  row: number,
): number {
  const { timestampsMs } = columns
  const halves = halvesOf(columns.values)
  const { steps, present } = batch
  const valueOffset = row * steps
  const presentOffset = row * batch.words
  let index = -1
  let found = 0
  let timeMs = lookups.firstMs
  for (let step = 0; step < steps; step++, timeMs += lookups.stepMs) {
    while (index + 1 < count && (timestampsMs[index + 1] ?? 0) <= timeMs) index++
    if (index < 0 || (timestampsMs[index] ?? 0) <= timeMs - lookbackMs) continue
    if (isStaleAt(halves, index)) continue
    batch.values[valueOffset + step] = reads[index] ?? 0
    setPresent(present, presentOffset, step)
    found++
  }
  return found
}
