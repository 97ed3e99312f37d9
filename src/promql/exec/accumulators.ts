import { assert } from '../../base/assert.ts'
import { cutFloat64, cutInt32 } from '../../base/cut-arrays.ts'
import type { AggregateOp } from '../parse/ast.ts'
import { hasAllPresent, isPresent, type StepBatch, setPresent, wordsFor } from './step-batch.ts'

/** Adds rows to groups x steps; finish() writes one group's answer into a row of a batch. */
export interface Accumulator {
  /** Cells it holds, for the budget. */
  cells: number
  add(group: number, batch: StepBatch, row: number): void
  finish(group: number, batch: StepBatch, row: number): void
}

export function accumulatorOf(op: AggregateOp, groups: number, steps: number): Accumulator {
  switch (op) {
    case 'sum':
      return new Folding(groups, steps, addKahan, (sum, extra) => sum + extra, addRow)
    case 'avg':
      return new Means(groups, steps)
    case 'min':
      return new Folding(groups, steps, keepLeast, (least) => least, keepLeastOfRow)
    case 'max':
      return new Folding(groups, steps, keepMost, (most) => most, keepMostOfRow)
    case 'count':
      return new Folding(groups, steps, countOne, (_value, extra) => extra + 1, countRow)
    case 'group':
      return new Folding(
        groups,
        steps,
        () => {},
        () => 1,
      )
    case 'stdvar':
      return new Variances(groups, steps, (variance) => variance)
    case 'stddev':
      return new Variances(groups, steps, Math.sqrt)
    default:
      assert(false, `${op} does not accumulate`)
  }
}

/** Adds `value` to cell `at` of a column and of a second one that starts at 0. */
type Fold = (values: Float64Array, extras: Float64Array, at: number, value: number) => void

/** The same for `steps` cells of a row that has all of them. */
type FoldRow = (
  values: Float64Array,
  extras: Float64Array,
  at: number,
  row: Float64Array,
  from: number,
  steps: number,
) => void

/** Groups whose state is the first sample and one more number. */
class Folding implements Accumulator {
  cells: number
  readonly #words: number
  readonly #present: Int32Array
  readonly #values: Float64Array
  readonly #extras: Float64Array

  constructor(
    groups: number,
    steps: number,
    readonly fold: Fold,
    readonly result: (value: number, extra: number) => number,
    readonly foldRow?: FoldRow,
  ) {
    this.cells = groups * steps
    this.#words = wordsFor(steps)
    this.#present = cutInt32(groups * this.#words)
    this.#values = cutFloat64(groups * steps)
    this.#extras = cutFloat64(groups * steps)
  }

  add(group: number, batch: StepBatch, row: number): void {
    const values = this.#values
    const { steps, words } = batch
    const presentOffset = group * this.#words
    const isWhole =
      this.foldRow !== undefined &&
      hasAllPresent(this.#present, presentOffset, steps) &&
      hasAllPresent(batch.present, row * words, steps)
    if (isWhole) {
      this.foldRow?.(values, this.#extras, group * steps, batch.values, row * steps, steps)
      return
    }
    for (let step = 0; step < steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      const at = group * batch.steps + step
      const value = batch.values[row * batch.steps + step] ?? 0
      if (isPresent(this.#present, presentOffset, step)) {
        this.fold(values, this.#extras, at, value)
      } else {
        setPresent(this.#present, presentOffset, step)
        values[at] = value
      }
    }
  }

  finish(group: number, batch: StepBatch, row: number): void {
    copyBits(this.#present, group, batch, row)
    const from = group * batch.steps
    for (let step = 0; step < batch.steps; step++) {
      batch.values[row * batch.steps + step] = this.result(
        this.#values[from + step] ?? 0,
        this.#extras[from + step] ?? 0,
      )
    }
  }
}

/** As addKahan of each cell. */
const addRow: FoldRow = (values, extras, at, row, from, steps) => {
  for (let step = 0; step < steps; step++) {
    const sum = values[at + step] ?? 0
    const value = row[from + step] ?? 0
    const next = sum + value
    const extra = extras[at + step] ?? 0
    values[at + step] = next
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) {
      extras[at + step] = 0
    } else if (Math.abs(sum) >= Math.abs(value)) extras[at + step] = extra + (sum - next + value)
    else extras[at + step] = extra + (value - next + sum)
  }
}

const addKahan: Fold = (values, extras, at, value) => {
  const sum = values[at] ?? 0
  const next = sum + value
  const extra = extras[at] ?? 0
  if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) extras[at] = 0
  else if (Math.abs(sum) >= Math.abs(value)) extras[at] = extra + (sum - next + value)
  else extras[at] = extra + (value - next + sum)
  values[at] = next
}

const keepLeast: Fold = (values, _extras, at, value) => {
  const least = values[at] ?? 0
  if (least > value || Number.isNaN(least)) values[at] = value
}

/** As keepLeast of each cell. */
const keepLeastOfRow: FoldRow = (values, _extras, at, row, from, steps) => {
  for (let step = 0; step < steps; step++) {
    const least = values[at + step] ?? 0
    const value = row[from + step] ?? 0
    if (least > value || Number.isNaN(least)) values[at + step] = value
  }
}

const keepMost: Fold = (values, _extras, at, value) => {
  const most = values[at] ?? 0
  if (most < value || Number.isNaN(most)) values[at] = value
}

/** As keepMost of each cell. */
const keepMostOfRow: FoldRow = (values, _extras, at, row, from, steps) => {
  for (let step = 0; step < steps; step++) {
    const most = values[at + step] ?? 0
    const value = row[from + step] ?? 0
    if (most < value || Number.isNaN(most)) values[at + step] = value
  }
}

const countOne: Fold = (_values, extras, at) => {
  extras[at] = (extras[at] ?? 0) + 1
}

/** As countOne of each cell. */
const countRow: FoldRow = (_values, extras, at, _row, _from, steps) => {
  for (let step = 0; step < steps; step++) extras[at + step] = (extras[at + step] ?? 0) + 1
}

/** avg: the compensated sum, and the incremental mean from the first overflow on (row Q4.2). */
class Means implements Accumulator {
  cells: number
  readonly #counts: Float64Array
  readonly #sums: Float64Array
  readonly #compensations: Float64Array
  readonly #incremental: Uint8Array

  constructor(groups: number, steps: number) {
    this.cells = groups * steps
    this.#counts = new Float64Array(groups * steps)
    this.#sums = new Float64Array(groups * steps)
    this.#compensations = new Float64Array(groups * steps)
    this.#incremental = new Uint8Array(groups * steps)
  }

  add(group: number, batch: StepBatch, row: number): void {
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      this.#addOne(group * batch.steps + step, batch.values[row * batch.steps + step] ?? 0)
    }
  }

  #addOne(at: number, value: number): void {
    const sums = this.#sums
    const compensations = this.#compensations
    const count = (this.#counts[at] ?? 0) + 1
    this.#counts[at] = count
    if (count === 1) {
      sums[at] = value
      return
    }
    if (this.#incremental[at] === 0) {
      const before = sums[at] ?? 0
      const compensation = compensations[at] ?? 0
      addKahan(sums, compensations, at, value)
      const sum = sums[at] ?? 0
      if (sum !== Number.POSITIVE_INFINITY && sum !== Number.NEGATIVE_INFINITY) return
      this.#incremental[at] = 1
      sums[at] = before / (count - 1)
      compensations[at] = compensation / (count - 1)
    }
    const share = (count - 1) / count
    sums[at] = share * (sums[at] ?? 0)
    compensations[at] = share * (compensations[at] ?? 0)
    addKahan(sums, compensations, at, value / count)
  }

  finish(group: number, batch: StepBatch, row: number): void {
    for (let step = 0; step < batch.steps; step++) {
      const at = group * batch.steps + step
      const count = this.#counts[at] ?? 0
      if (count === 0) continue
      setPresent(batch.present, row * batch.words, step)
      const sum = this.#sums[at] ?? 0
      const compensation = this.#compensations[at] ?? 0
      batch.values[row * batch.steps + step] =
        this.#incremental[at] === 1 ? sum + compensation : sum / count + compensation / count
    }
  }
}

/** Welford's variance; an infinite or NaN first sample makes it NaN. */
class Variances implements Accumulator {
  cells: number
  readonly #counts: Float64Array
  readonly #means: Float64Array
  readonly #squares: Float64Array

  constructor(
    groups: number,
    steps: number,
    readonly result: (variance: number) => number,
  ) {
    this.cells = groups * steps
    this.#counts = new Float64Array(groups * steps)
    this.#means = new Float64Array(groups * steps)
    this.#squares = new Float64Array(groups * steps)
  }

  add(group: number, batch: StepBatch, row: number): void {
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      const at = group * batch.steps + step
      const value = batch.values[row * batch.steps + step] ?? 0
      const count = (this.#counts[at] ?? 0) + 1
      this.#counts[at] = count
      if (count === 1) {
        this.#means[at] = value
        this.#squares[at] = Number.isFinite(value) ? 0 : Number.NaN
        continue
      }
      const delta = value - (this.#means[at] ?? 0)
      const mean = (this.#means[at] ?? 0) + delta / count
      this.#means[at] = mean
      this.#squares[at] = (this.#squares[at] ?? 0) + delta * (value - mean)
    }
  }

  finish(group: number, batch: StepBatch, row: number): void {
    for (let step = 0; step < batch.steps; step++) {
      const at = group * batch.steps + step
      const count = this.#counts[at] ?? 0
      if (count === 0) continue
      setPresent(batch.present, row * batch.words, step)
      batch.values[row * batch.steps + step] = this.result((this.#squares[at] ?? 0) / count)
    }
  }
}

function copyBits(present: Int32Array, group: number, batch: StepBatch, row: number): void {
  const { words } = batch
  for (let word = 0; word < words; word++) {
    batch.present[row * words + word] = present[group * words + word] ?? 0
  }
}
