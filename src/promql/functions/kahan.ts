/**
 * Neumaier's compensated summation, step for step as upstream does it, so that sums agree bit for
 * bit: the compensation after `value` was added to `sum`, which is reset when the sum overflows.
 */
export function compensationAfter(sum: number, compensation: number, value: number): number {
  const next = sum + value
  if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) return 0
  const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
  return compensation + lost
}

/** A sum and what rounding took from it. */
export class KahanSum {
  sum = 0
  compensation = 0

  reset(sum = 0, compensation = 0): void {
    this.sum = sum
    this.compensation = compensation
  }

  add(value: number): void {
    this.compensation = compensationAfter(this.sum, this.compensation, value)
    this.sum += value
  }

  get total(): number {
    return this.sum + this.compensation
  }
}

/**
 * A mean as upstream takes it: from the compensated sum, and from the first overflow on as an
 * incremental mean (row Q4.2).
 */
export class RunningMean {
  readonly #sum = new KahanSum()
  #count = 0
  #incremental = false

  reset(): void {
    this.#sum.reset()
    this.#count = 0
    this.#incremental = false
  }

  add(value: number): void {
    this.#count++
    const sum = this.#sum
    if (this.#count === 1) {
      sum.reset(value)
      return
    }
    if (!this.#incremental) {
      const { sum: before, compensation } = sum
      sum.add(value)
      if (sum.sum !== Number.POSITIVE_INFINITY && sum.sum !== Number.NEGATIVE_INFINITY) return
      this.#incremental = true
      sum.reset(before / (this.#count - 1), compensation / (this.#count - 1))
    }
    const share = (this.#count - 1) / this.#count
    sum.reset(share * sum.sum, share * sum.compensation)
    sum.add(value / this.#count)
  }

  get mean(): number {
    if (this.#incremental) return this.#sum.total
    return this.#sum.sum / this.#count + this.#sum.compensation / this.#count
  }
}
