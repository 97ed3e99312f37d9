/** The largest of many counts, by id: of equal ones those that came first. */
export class TopCounts {
  readonly #limit: number
  /** A heap, the smallest first. */
  readonly #counts: Float64Array
  readonly #ids: Uint32Array
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
    this.#counts = new Float64Array(limit)
    this.#ids = new Uint32Array(limit)
  }

  add(id: number, count: number): void {
    if (this.#size < this.#limit) this.#rise(this.#size++, id, count)
    else if (count > (this.#counts[0] ?? 0)) this.#sink(id, count)
  }

  /** In no order. */
  entries(): readonly { readonly id: number; readonly count: number }[] {
    return Array.from(this.#counts.subarray(0, this.#size), (count, index) => ({
      id: this.#ids[index] ?? 0,
      count,
    }))
  }

  #rise(from: number, id: number, count: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if ((this.#counts[parent] ?? 0) <= count) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, id, count)
  }

  /** In place of the smallest. */
  #sink(id: number, count: number): void {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#size) break
      const other = child + 1
      if (other < this.#size && (this.#counts[other] ?? 0) < (this.#counts[child] ?? 0))
        child = other
      if ((this.#counts[child] ?? 0) >= count) break
      this.#move(child, at)
      at = child
    }
    this.#put(at, id, count)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#ids[from] ?? 0, this.#counts[from] ?? 0)
  }

  #put(at: number, id: number, count: number): void {
    this.#ids[at] = id
    this.#counts[at] = count
  }
}
