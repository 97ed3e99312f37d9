/** Walks the buckets of spans, in the order in which their counts stand. */
export class SpanCursor {
  /** Of the bucket that it is at. */
  place = 0
  /** How many buckets came before. */
  index = 0
  /** False behind the last bucket. */
  valid = false
  #spans: Int32Array = new Int32Array(0)
  #spanCount = 0
  #span = 0
  #left = 0

  begin(spans: Int32Array, spanCount: number): void {
    this.#spans = spans
    this.#spanCount = spanCount
    this.#span = -1
    this.#left = 0
    this.place = -1
    this.index = -1
    this.valid = true
    this.next()
  }

  next(): void {
    this.index++
    this.place++
    while (this.#left === 0) {
      this.#span++
      if (this.#span >= this.#spanCount) {
        this.valid = false
        return
      }
      this.place += this.#spans[this.#span * 2] ?? 0
      this.#left = (this.#spans[this.#span * 2 + 1] ?? 0) >>> 0
    }
    this.#left--
  }
}
