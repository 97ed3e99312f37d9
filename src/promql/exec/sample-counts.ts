import type { SampleStatistics } from '../../model/query-statistics.ts'
import type { SubqueryNode } from '../plan/node.ts'
import { isPresent, type TimeAxis, timeAt } from './step-batch.ts'

/** What a part of the query with steps of its own comes to in the one around it. */
type Fold = (inner: SampleCounts) => void

/**
 * Counts the samples that evaluation on one axis looks at, and those of them that it has to read: a
 * window looks at all its samples at every step, and reads those that the step before had not. Parts
 * of the query that run on axes of their own (subqueries, what is held) count for themselves and are
 * folded in by upstream's rules when all is done. A histogram counts for as many samples as the
 * budget has it for.
 */
export class SampleCounts {
  #looked = 0
  #read = 0
  #lookedAt: Float64Array | undefined
  #readAt: Float64Array | undefined
  readonly #inner: { readonly counts: SampleCounts; readonly fold: Fold }[] = []
  #isFolded = false

  constructor(
    readonly axis: TimeAxis,
    readonly byStep: boolean,
  ) {}

  /** What was looked at on this axis so far. */
  get looked(): number {
    return this.#looked
  }

  /** Looked at and read at one step. */
  at(step: number, samples: number): void {
    this.#add(step, samples, samples)
  }

  /** One sample for each step that is present in a row; there are `found`. */
  row(present: Int32Array, offset: number, found: number): void {
    this.#looked += found
    this.#read += found
    if (!this.byStep) return
    const { looked, read } = this.#steps()
    for (let step = 0; step < this.axis.steps; step++) {
      if (!isPresent(present, offset, step)) continue
      looked[step] = (looked[step] ?? 0) + 1
      read[step] = (read[step] ?? 0) + 1
    }
  }

  /**
   * The windows [low, high) of all steps over samples that count for before[high] - before[low], or
   * one each. What a subquery answered has been read below: `isStored` is false.
   */
  windows(
    low: Int32Array,
    high: Int32Array,
    isStored: boolean,
    before: Float64Array | undefined,
  ): void {
    if (before === undefined && !this.byStep) {
      this.#windowsOfOnes(low, high, isStored)
      return
    }
    const sum = (index: number) => (before === undefined ? index : (before[index] ?? 0))
    let seen = 0
    for (let step = 0; step < this.axis.steps; step++) {
      const [from, to] = [low[step] ?? 0, high[step] ?? 0]
      const read = isStored ? sum(to) - sum(Math.max(from, seen)) : 0
      this.#add(step, sum(to) - sum(from), Math.max(read, 0))
      seen = to
    }
  }

  /**
   * The same of windows over samples that count for one each and end where others begin: `low` of a step
   * is `high` of so many steps before. What most add is what others take off, and each begins before the
   * last one has ended.
   */
  shiftedWindows(low: Int32Array, high: Int32Array, apart: number, isStored: boolean): void {
    const { steps } = this.axis
    if (this.byStep || apart === 0) {
      this.windows(low, high, isStored, undefined)
      return
    }
    for (let step = 0; step < apart; step++) {
      this.#looked += (high[steps - 1 - step] ?? 0) - (low[step] ?? 0)
    }
    if (isStored) this.#read += (high[steps - 1] ?? 0) - (low[0] ?? 0)
  }

  /** The same of samples that count for one each, where only the totals are wanted. */
  #windowsOfOnes(low: Int32Array, high: Int32Array, isStored: boolean): void {
    let looked = 0
    let read = 0
    let seen = 0
    for (let step = 0; step < this.axis.steps; step++) {
      const from = low[step] ?? 0
      const to = high[step] ?? 0
      looked += to - from
      read += to - Math.max(from, seen)
      seen = to
    }
    this.#looked += looked
    if (isStored) this.#read += read
  }

  /** For what is evaluated at the first step only: it is looked at again at each, and read once. */
  held(): SampleCounts {
    return this.#within({ ...this.axis, steps: 1 }, (inner) => {
      for (let step = 0; step < this.axis.steps; step++) this.#add(step, inner.#looked, 0)
      this.#add(0, 0, inner.#read)
    })
  }

  /**
   * For a subquery's expression: what it looks at is not counted, as the windows over its answers
   * are; what it reads counts at the first step whose window has it.
   */
  subquery({ rangeMs, offsetMs }: SubqueryNode, axis: TimeAxis): SampleCounts {
    return this.#within(axis, (inner) => {
      if (this.axis.steps <= 1) this.#add(0, 0, inner.#read)
      else this.#foldSteps(inner, rangeMs, offsetMs)
    })
  }

  /** What the parts within looked at, where it counts after all: a subquery that is the answer. */
  lookWithin(): void {
    this.#fold()
    for (const { counts } of this.#inner) this.#add(0, counts.#looked, 0)
  }

  statistics(peak: number): SampleStatistics {
    this.#fold()
    const { startMs, stepMs } = this.axis
    const perStep = this.byStep ? { startMs, stepMs, ...this.#steps() } : undefined
    return { looked: this.#looked, read: this.#read, peak, perStep }
  }

  #within(axis: TimeAxis, fold: Fold): SampleCounts {
    const counts = new SampleCounts(axis, this.axis.steps > 1)
    this.#inner.push({ counts, fold })
    return counts
  }

  #fold(): void {
    if (this.#isFolded) return
    this.#isFolded = true
    for (const { counts, fold } of this.#inner) {
      counts.#fold()
      fold(counts)
    }
  }

  #foldSteps(inner: SampleCounts, rangeMs: number, offsetMs: number): void {
    const { startMs, stepMs, steps } = this.axis
    for (const [at, read] of (inner.#readAt ?? []).entries()) {
      if (read === 0) continue
      const timeMs = timeAt(inner.axis, at) + offsetMs
      const step = Math.min(Math.max(Math.ceil((timeMs - startMs) / stepMs), 0), steps - 1)
      // Between two windows: nobody looks there.
      if (timeMs > startMs + step * stepMs - rangeMs) this.#add(step, 0, read)
    }
  }

  #add(step: number, looked: number, read: number): void {
    this.#looked += looked
    this.#read += read
    if (!this.byStep) return
    const steps = this.#steps()
    steps.looked[step] = (steps.looked[step] ?? 0) + looked
    steps.read[step] = (steps.read[step] ?? 0) + read
  }

  /** Made when there is something to count: a subquery may be refused for its size. */
  #steps(): { readonly looked: Float64Array; readonly read: Float64Array } {
    this.#lookedAt ??= new Float64Array(this.axis.steps)
    this.#readAt ??= new Float64Array(this.axis.steps)
    return { looked: this.#lookedAt, read: this.#readAt }
  }
}
