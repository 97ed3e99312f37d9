/** Of the first page; each has twice as many as the one before. */
const firstNumbers = 64
/** 64 KiB of them: never a large thing to free. */
const pageNumbersMax = 16_384

/**
 * A stack of whole numbers below 2^32. An array of a million would be 8 MiB in V8's heap and be copied
 * whenever it has filled its room: collections of the main thread would have to move it. Pages stand
 * outside the heap, are never copied, and go when they are empty.
 */
export class PagedNumbers {
  readonly #full: Uint32Array<ArrayBuffer>[] = []
  #page = new Uint32Array(firstNumbers)
  /** Of the page behind the full ones. */
  #used = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(number: number): void {
    if (this.#used === this.#page.length) {
      this.#full.push(this.#page)
      this.#page = new Uint32Array(Math.min(this.#page.length * 2, pageNumbersMax))
      this.#used = 0
    }
    this.#page[this.#used++] = number
    this.#length++
  }

  /** The last that was pushed; undefined where there is none. */
  pop(): number | undefined {
    if (this.#length === 0) return undefined
    if (this.#used === 0) {
      this.#page = this.#full.pop() ?? this.#page
      this.#used = this.#page.length
    }
    this.#length--
    return this.#page[--this.#used]
  }

  /** All in the order that they were pushed in; valid until something is pushed or popped. */
  *pages(): Iterable<Uint32Array> {
    yield* this.#full
    yield this.#page.subarray(0, this.#used)
  }
}
