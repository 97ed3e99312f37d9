/**
 * What is under way, by a number that nothing else has: few at a time, and others every moment. A Map
 * would do, but for what it leaves behind: it moves to another table whenever its own is full of what
 * was deleted, and the table that it left names the new one, and what there was just then. Once V8 has
 * such a table among its old objects, all that it names counts as alive until the next full collection,
 * and so does every table behind it. Here places are taken again.
 */
export class SlotMap<Value> {
  /** Undefined where a place is free. */
  readonly #keys: (number | undefined)[] = []
  readonly #values: (Value | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Of a number that is not in it. */
  add(key: number, value: Value): void {
    const free = this.#keys.indexOf(undefined)
    const place = free < 0 ? this.#keys.length : free
    this.#keys[place] = key
    this.#values[place] = value
    this.#size++
  }

  get(key: number): Value | undefined {
    const place = this.#keys.indexOf(key)
    return place < 0 ? undefined : this.#values[place]
  }

  /** Answers what it was. */
  take(key: number): Value | undefined {
    const place = this.#keys.indexOf(key)
    if (place < 0) return undefined
    const value = this.#values[place]
    this.#keys[place] = undefined
    this.#values[place] = undefined
    this.#size--
    return value
  }

  keys(): readonly number[] {
    return this.#keys.filter((key) => key !== undefined)
  }
}
