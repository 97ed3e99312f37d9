/**
 * A place in memory that a writer puts its state to and takes it from, one double after the other,
 * so that one writer serves many chunks in turn. `doubles` and `words` are the same memory.
 */
export class StatePlace {
  doubles: Float64Array = new Float64Array(0)
  words: Uint32Array = new Uint32Array(0)
  /** The next double. */
  at = 0

  moveTo(doubles: Float64Array, words: Uint32Array, at: number): void {
    this.doubles = doubles
    this.words = words
    this.at = at
  }

  put(value: number): void {
    this.doubles[this.at++] = value
  }

  take(): number {
    return this.doubles[this.at++] ?? 0
  }

  /** Doubles by their bits, from the halves of a column's first ones. */
  putBits(halves: Uint32Array, doubleCount: number): void {
    const first = this.at * 2
    for (let word = 0; word < doubleCount * 2; word++) this.words[first + word] = halves[word] ?? 0
    this.at += doubleCount
  }

  takeBits(halves: Uint32Array, doubleCount: number): void {
    const first = this.at * 2
    for (let word = 0; word < doubleCount * 2; word++) halves[word] = this.words[first + word] ?? 0
    this.at += doubleCount
  }

  putPair(low: number, high: number): void {
    this.words[this.at * 2] = low
    this.words[this.at * 2 + 1] = high
    this.at++
  }

  takePair(into: Int32Array, index: number): void {
    into[index] = this.words[this.at * 2] ?? 0
    into[index + 1] = this.words[this.at * 2 + 1] ?? 0
    this.at++
  }

  putNumbers(column: Float64Array, count: number): void {
    const { doubles, at } = this
    for (let index = 0; index < count; index++) doubles[at + index] = column[index] ?? 0
    this.at += count
  }

  takeNumbers(column: Float64Array, count: number): void {
    const { doubles, at } = this
    for (let index = 0; index < count; index++) column[index] = doubles[at + index] ?? 0
    this.at += count
  }
}
