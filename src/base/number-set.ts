/** Of 32 numbers each. */
const firstWords = 64

/**
 * A set of whole numbers, a bit each up to the largest that was ever in it, outside V8's heap: a Set of a
 * million is 40 MiB in it that collections of the main thread have to move. The smallest is taken first,
 * without sorting.
 */
export class NumberSet {
  #words = new Uint32Array(firstWords)
  /** The words before this one are empty. */
  #first = 0

  add(number: number): void {
    const word = number >>> 5
    if (word >= this.#words.length) {
      const larger = new Uint32Array(2 ** (32 - Math.clz32(word)))
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (number & 31))
    if (word < this.#first) this.#first = word
  }

  /** Takes the smallest out; undefined where there is none. */
  take(): number | undefined {
    const words = this.#words
    for (; this.#first < words.length; this.#first++) {
      const bits = words[this.#first] ?? 0
      if (bits === 0) continue
      words[this.#first] = bits & (bits - 1)
      return this.#first * 32 + 31 - Math.clz32(bits & -bits)
    }
    return undefined
  }
}
