import { limits } from '../base/limits.ts'
import type { LabelSets, SymbolTable } from '../storage/querier.ts'

/** JSON takes six bytes for a control character. */
const escapedBytesMax = 6
/** By byte: 1 where JSON has it as it is; of what is not ASCII the decoder decides. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
)
const sign = { quote: 0x22, comma: 0x2c, colon: 0x3a, open: 0x7b, close: 0x7d } as const
const encoder = new TextEncoder()
/** Most answers are short. */
const firstBytes = 4_096

/**
 * Writes symbols as JSON from where their bytes stand, into pieces of a socket write each. Of a label
 * set, what the one before began with is copied as a whole.
 */
export class JsonTexts {
  readonly #symbols: SymbolTable
  #bytes = new Uint8Array(firstBytes)
  #length = 0
  /** The label set before: its ids, and where in the piece each of its labels ends. */
  #ids = new Uint32Array(64)
  #ends = new Uint32Array(32)
  /** 0 where it is of another piece. */
  #labels = 0
  #start = 0

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols
  }

  /** Whether there is a piece to be taken. */
  get isFull(): boolean {
    return this.#length >= limits.httpWritePieceBytesMax - firstBytes
  }

  /** What was written since, in memory of its own, no piece longer than a socket write. */
  *take(): Generator<Uint8Array<ArrayBuffer>> {
    const length = this.#length
    this.#length = 0
    this.#labels = 0
    for (let from = 0; from < length; from += limits.httpWritePieceBytesMax) {
      yield this.#bytes.slice(from, Math.min(length, from + limits.httpWritePieceBytesMax))
    }
  }

  raw(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written
  }

  comma(): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = sign.comma
  }

  text(id: number): void {
    const { bytes, start, end } = this.#symbols.place(id)
    this.#reserve((end - start) * escapedBytesMax + 2)
    const to = this.#bytes
    let at = this.#length
    to[at++] = sign.quote
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0
      if (isPlain[byte] === 0) {
        this.raw(JSON.stringify(this.#symbols.text(id)))
        return
      }
      to[at++] = byte
    }
    to[at++] = sign.quote
    this.#length = at
  }

  labelSet({ ids, length }: LabelSets): void {
    const kept = this.#copyBeginning(ids, length)
    if (length > this.#ids.length) this.#growLabels(length)
    for (let at = kept * 2; at < length; at += 2) {
      if (at > 0) this.comma()
      this.text(ids[at] ?? 0)
      this.#reserve(1)
      this.#bytes[this.#length++] = sign.colon
      this.text(ids[at + 1] ?? 0)
      this.#ids[at] = ids[at] ?? 0
      this.#ids[at + 1] = ids[at + 1] ?? 0
      this.#ends[at >>> 1] = this.#length - this.#start
    }
    this.#labels = length >>> 1
    this.#reserve(1)
    this.#bytes[this.#length++] = sign.close
  }

  /** The bracket, and the labels that the set before had too; answers how many. */
  #copyBeginning(ids: Uint32Array, length: number): number {
    const most = Math.min(this.#labels, length >>> 1)
    let same = 0
    while (same < most && this.#ids[same * 2] === ids[same * 2]) {
      if (this.#ids[same * 2 + 1] !== ids[same * 2 + 1]) break
      same++
    }
    const before = this.#start
    const size = same === 0 ? 0 : (this.#ends[same - 1] ?? 0)
    this.#reserve(size + 1)
    this.#start = this.#length
    if (same === 0) this.#bytes[this.#length++] = sign.open
    else {
      this.#bytes.copyWithin(this.#length, before, before + size)
      this.#length += size
    }
    return same
  }

  #growLabels(length: number): void {
    const [ids, ends] = [this.#ids, this.#ends]
    this.#ids = new Uint32Array(length * 2)
    this.#ends = new Uint32Array(length)
    this.#ids.set(ids)
    this.#ends.set(ends)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const bytes = this.#bytes
    this.#bytes = new Uint8Array((this.#length + count) * 2)
    this.#bytes.set(bytes.subarray(0, this.#length))
  }
}
