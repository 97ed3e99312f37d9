const rowsAtFirst = 64

/**
 * What the writer knows of the series that have out-of-order samples, as columns by row; series that
 * never have any cost nothing but, once there is a first one, four bytes each.
 */
export class OutOfOrderRows {
  /** By series: its row + 1. */
  #rowOf = new Uint32Array(0)
  readonly #free: number[] = []
  #end = 0
  series = new Uint32Array(rowsAtFirst)
  /** The slab: its slot, how many samples it holds (0: there is none), and its size class. */
  slot = new Uint32Array(rowsAtFirst)
  count = new Uint8Array(rowsAtFirst)
  slotClass = new Uint8Array(rowsAtFirst)
  /** Bit i is set where sample i of the slab stands in a slot of its own. */
  apart = new Uint32Array(rowsAtFirst)
  /** Number + 1 of the newest closed chunk; 0 = none. */
  chain = new Uint32Array(rowsAtFirst)
  /** The transaction at hand: samples of the slab when all is in, and the step of the last. */
  expected = new Uint8Array(rowsAtFirst)
  round = new Uint32Array(rowsAtFirst)
  /** Samples of the step that is about to go in. */
  coming = new Uint8Array(rowsAtFirst)
  /** How many rows have a series. */
  size = 0

  /** Rows below this have been given out. */
  get end(): number {
    return this.#end
  }

  /** Whether the row has a series. */
  isTaken(row: number): boolean {
    return this.#rowOf[this.series[row] ?? 0] === row + 1
  }

  /** The row of a series; -1 where it has none. */
  find(series: number): number {
    return (this.#rowOf[series] ?? 0) - 1
  }

  /** The same, made where it has none. */
  of(series: number): number {
    const known = this.find(series)
    if (known >= 0) return known
    if (series >= this.#rowOf.length) this.#growSeries(series)
    const row = this.#free.pop() ?? this.#end++
    if (row >= this.series.length) this.#growRows()
    this.#rowOf[series] = row + 1
    this.series[row] = series
    this.count[row] = 0
    this.chain[row] = 0
    this.round[row] = 0
    this.size++
    return row
  }

  /** The series has no out-of-order sample any more. */
  remove(row: number): void {
    this.#rowOf[this.series[row] ?? 0] = 0
    this.#free.push(row)
    this.size--
  }

  #growSeries(series: number): void {
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(series + 2)))
    larger.set(this.#rowOf)
    this.#rowOf = larger
  }

  #growRows(): void {
    const size = this.series.length * 2
    this.series = grownWords(this.series, size)
    this.slot = grownWords(this.slot, size)
    this.count = grownBytes(this.count, size)
    this.slotClass = grownBytes(this.slotClass, size)
    this.apart = grownWords(this.apart, size)
    this.chain = grownWords(this.chain, size)
    this.expected = grownBytes(this.expected, size)
    this.round = grownWords(this.round, size)
    this.coming = grownBytes(this.coming, size)
  }
}

function grownWords(column: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(size)
  larger.set(column)
  return larger
}

function grownBytes(column: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size)
  larger.set(column)
  return larger
}
