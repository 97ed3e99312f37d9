/**
 * Columns of samples that keep their memory from series to series and grow by doubling, with start
 * timestamps where wanted.
 */
export class GrowingColumns {
  timestampsMs: Float64Array
  values: Float64Array
  startsMs: Float64Array | undefined
  /** Its own while it stands on columns of others, of which it uses the first samples. */
  #own: { readonly timestampsMs: Float64Array; readonly values: Float64Array } | undefined
  #lentSamples = 0

  constructor(capacity: number, wantsStarts = false) {
    this.timestampsMs = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.wantStarts(wantsStarts)
  }

  /**
   * Stands on the first samples of columns of others, in which they may be changed, until it grows or is
   * given its own back: they need not be copied. Of columns without start timestamps.
   */
  borrow(timestampsMs: Float64Array, values: Float64Array, samples: number): void {
    this.#own ??= { timestampsMs: this.timestampsMs, values: this.values }
    this.timestampsMs = timestampsMs
    this.values = values
    this.#lentSamples = samples
  }

  /** Lets go of what was borrowed. */
  giveBack(): void {
    if (this.#own === undefined) return
    this.timestampsMs = this.#own.timestampsMs
    this.values = this.#own.values
    this.#own = undefined
  }

  wantStarts(wanted: boolean): void {
    if (!wanted) this.startsMs = undefined
    else this.startsMs ??= new Float64Array(this.values.length)
  }

  /** Room for so many samples; those that are there stay. */
  grow(capacity: number): void {
    if (this.#own !== undefined) this.#takeHome()
    if (capacity <= this.values.length) return
    const size = Math.max(capacity, this.values.length * 2)
    this.timestampsMs = grown(this.timestampsMs, size)
    this.values = grown(this.values, size)
    if (this.startsMs !== undefined) this.startsMs = grown(this.startsMs, size)
  }

  #takeHome(): void {
    const { timestampsMs, values } = this
    const samples = this.#lentSamples
    this.giveBack()
    this.grow(samples)
    this.timestampsMs.set(timestampsMs.subarray(0, samples))
    this.values.set(values.subarray(0, samples))
  }
}

/** Column to column, so that stale markers keep their bits. */
function grown(column: Float64Array, size: number): Float64Array {
  const larger = new Float64Array(size)
  larger.set(column)
  return larger
}
