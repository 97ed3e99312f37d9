/** A tally as it travels between threads. */
export interface TallyCounts {
  /** Of values up to each bound and above the one before it; at last those above all. */
  readonly counts: Float64Array
  readonly sum: number
}

/** Counts values by upper bounds, which ascend. */
export class BucketTally {
  readonly upperBounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(upperBounds: readonly number[]) {
    this.upperBounds = upperBounds
    this.#counts = new Float64Array(upperBounds.length + 1)
  }

  observe(value: number): void {
    const bounds = this.upperBounds
    let index = 0
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += value
  }

  /** What another one with the same bounds has counted. */
  add({ counts, sum }: TallyCounts): void {
    const own = this.#counts
    for (let index = 0; index < own.length; index++) {
      own[index] = (own[index] ?? 0) + (counts[index] ?? 0)
    }
    this.#sum += sum
  }

  /** A view of the counts as they are now. */
  read(): TallyCounts {
    return { counts: this.#counts, sum: this.#sum }
  }
}
