/** Spans in their shortest form, made of buckets that are added in ascending order. */
export class BucketSpans {
  /** Offset and length of each in turn. */
  spans = new Int32Array(16)
  spanCount = 0
  bucketCount = 0
  #next = 0

  clear(): void {
    this.spanCount = 0
    this.bucketCount = 0
    this.#next = 0
  }

  add(place: number): void {
    const last = this.spanCount * 2 - 1
    if (this.spanCount > 0 && place === this.#next) {
      this.spans[last] = (this.spans[last] ?? 0) + 1
    } else {
      if (this.spans.length < this.spanCount * 2 + 2) {
        const grown = new Int32Array(this.spans.length * 2)
        grown.set(this.spans)
        this.spans = grown
      }
      this.spans[last + 1] = place - this.#next
      this.spans[last + 2] = 1
      this.spanCount++
    }
    this.#next = place + 1
    this.bucketCount++
  }
}
