/** A 32-bit column that doubles; `view` is what was pushed. */
export class GrowingColumn {
  #values = new Uint32Array(256)
  #count = 0

  get count(): number {
    return this.#count
  }

  push(value: number): void {
    if (this.#count === this.#values.length) this.#grow(this.#count * 2)
    this.#values[this.#count++] = value
  }

  append(values: Uint32Array): void {
    const end = this.#count + values.length
    if (end > this.#values.length) this.#grow(Math.max(end, this.#count * 2))
    this.#values.set(values, this.#count)
    this.#count = end
  }

  at(index: number): number {
    return this.#values[index] ?? 0
  }

  view(): Uint32Array {
    return this.#values.subarray(0, this.#count)
  }

  #grow(size: number): void {
    const values = this.#values
    this.#values = new Uint32Array(size)
    this.#values.set(values)
  }
}
