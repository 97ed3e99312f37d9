/**
 * Columns of samples that keep their memory from series to series and grow by doubling, with start
 * timestamps where wanted.
 */
export class GrowingColumns {
  timestampsMs: Float64Array
  values: Float64Array
  startsMs: Float64Array | undefined

  constructor(capacity: number, wantsStarts = false) {
    this.timestampsMs = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.wantStarts(wantsStarts)
  }

  wantStarts(wanted: boolean): void {
    if (!wanted) this.startsMs = undefined
    else this.startsMs ??= new Float64Array(this.values.length)
  }

  /** Room for so many samples; those that are there stay. */
  grow(capacity: number): void {
    if (capacity <= this.values.length) return
    const size = Math.max(capacity, this.values.length * 2)
    this.timestampsMs = grown(this.timestampsMs, size)
    this.values = grown(this.values, size)
    if (this.startsMs !== undefined) this.startsMs = grown(this.startsMs, size)
  }
}

/** Column to column, so that stale markers keep their bits. */
function grown(column: Float64Array, size: number): Float64Array {
  const larger = new Float64Array(size)
  larger.set(column)
  return larger
}
