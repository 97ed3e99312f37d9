import { assert } from '../../base/assert.ts'

const segmentBytes = 1 << 22
/** The symbol table's length is four bytes. */
const tableBytesMax = 2 ** 32 - 1

/** Sorted symbols in memory: their bytes in segments that never move. */
export class SymbolArena {
  readonly #segments: Uint8Array[] = []
  /** Bytes used of the newest segment. */
  #used = 0
  #segment = new Uint8Array(0)
  #starts = new Uint32Array(1024)
  #lengths = new Uint32Array(1024)
  /** The segment of each symbol. */
  #places = new Uint16Array(1024)
  #count = 0
  /** Of all symbols, with their lengths before them, as the symbol table has them. */
  tableBytes = 0

  get count(): number {
    return this.#count
  }

  /** Copies the symbol; each one is behind the one before by its bytes. */
  add(symbol: Uint8Array): void {
    const ordinal = this.#count
    if (ordinal > 0) {
      const isBehind = Buffer.compare(this.bytes(ordinal - 1), symbol) < 0
      assert(isBehind, 'symbols come in the order of their bytes, each once')
    }
    if (this.#segment.length - this.#used < symbol.length) {
      this.#segment = new Uint8Array(Math.max(segmentBytes, symbol.length))
      this.#segments.push(this.#segment)
      this.#used = 0
    }
    if (ordinal === this.#starts.length) this.#grow()
    this.#segment.set(symbol, this.#used)
    this.#places[ordinal] = Math.max(0, this.#segments.length - 1)
    this.#starts[ordinal] = this.#used
    this.#lengths[ordinal] = symbol.length
    this.#used += symbol.length
    this.#count++
    this.tableBytes += symbol.length + lengthBytes(symbol.length)
    assert(this.tableBytes < tableBytesMax - 4, 'a symbol table holds 4 GiB')
  }

  /** A view of the symbol's bytes. */
  bytes(ordinal: number): Uint8Array {
    assert(ordinal < this.#count, 'a symbol that was not added')
    const start = this.#starts[ordinal] ?? 0
    const segment = this.#segments[this.#places[ordinal] ?? 0] ?? this.#segment
    return segment.subarray(start, start + (this.#lengths[ordinal] ?? 0))
  }

  /** How many bytes the symbol takes with its length. */
  sizeWithLength(ordinal: number): number {
    const length = this.#lengths[ordinal] ?? 0
    return length + lengthBytes(length)
  }

  #grow(): void {
    const size = this.#count * 2
    const [starts, lengths, places] = [this.#starts, this.#lengths, this.#places]
    this.#starts = new Uint32Array(size)
    this.#starts.set(starts)
    this.#lengths = new Uint32Array(size)
    this.#lengths.set(lengths)
    this.#places = new Uint16Array(size)
    this.#places.set(places)
  }
}

function lengthBytes(length: number): number {
  return length < 1 << 7
    ? 1
    : length < 1 << 14
      ? 2
      : length < 1 << 21
        ? 3
        : length < 1 << 28
          ? 4
          : 5
}
