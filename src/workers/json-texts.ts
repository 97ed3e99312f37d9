import { limits } from '../base/limits.ts'
import { mixHash } from '../base/shared-hash-table.ts'
import { goJson } from '../model/go-json.ts'
import type { LabelSets, SymbolTable } from '../storage/querier.ts'

/** JSON takes six bytes for a control character. */
const escapedBytesMax = 6
/** By byte: 1 where JSON has it as it is; of what is not ASCII the decoder decides. */
const isPlain = plainBytes('"\\')
/** The same where what HTML minds is escaped, too. */
const isPlainInHtml = plainBytes('"\\<>&')
const sign = { quote: 0x22, comma: 0x2c, colon: 0x3a, open: 0x7b, close: 0x7d } as const
const encoder = new TextEncoder()
/** Most answers are short. */
const firstBytes = 4_096
/** A piece's memory grows in few steps: each is zeroed and copied. */
const growth = 4
/** What is left of a piece where it is full already: the next element has room. */
const slackBytes = 4_096
/** Label pairs whose place in the piece is known, by the low bits of their hash. */
const knownPairs = 4_096
const pairWord = { name: 0, value: 1, start: 2, length: 3, piece: 4 } as const
const pairWords = 5

/**
 * Writes symbols as JSON from where their bytes stand, into pieces of a socket write each. Of a label
 * set, what the one before began with is copied as a whole, and a pair that stands in the piece from there.
 */
export class JsonTexts {
  readonly #symbols: SymbolTable
  readonly #isPlain: Uint8Array
  readonly #json: (text: string) => string
  #bytes = new Uint8Array(firstBytes)
  /** The same memory, for more than a byte at a time. */
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #sizeMin = firstBytes
  /**
   * Of known pairs: name id, value id, where its text stands, how long that is, in which piece. Lists
   * have none, and memory of that size for each of them would keep the collector busy.
   */
  #known = new Uint32Array(0)
  /** The number of the piece; 0 is no piece's. */
  #piece = 1
  /** The label set before: its ids, and where in the piece each of its labels ends. */
  #ids = new Uint32Array(64)
  #ends = new Uint32Array(32)
  /** 0 where it is of another piece. */
  #labels = 0
  #start = 0

  /** Upstream escapes what HTML minds in lists of texts, and not in label sets. */
  constructor(symbols: SymbolTable, escapesHtml: boolean) {
    this.#symbols = symbols
    this.#isPlain = escapesHtml ? isPlainInHtml : isPlain
    this.#json = escapesHtml ? goJson : JSON.stringify
  }

  /** Whether there is a piece to be taken. */
  get isFull(): boolean {
    return this.#length >= limits.httpWritePieceBytesMax - slackBytes
  }

  /** What was written since, in memory of its own, no piece longer than a socket write. */
  *take(): Generator<Uint8Array<ArrayBuffer>> {
    const [bytes, length] = [this.#bytes, this.#length]
    this.#length = 0
    this.#labels = 0
    this.#piece++
    const most = limits.httpWritePieceBytesMax
    if (length * 2 > bytes.length && length <= most) {
      // Only what comes next needs as much.
      this.#use(new Uint8Array(0))
      this.#sizeMin = bytes.length
      yield bytes.subarray(0, length)
      return
    }
    for (let from = 0; from < length; from += most) {
      yield bytes.slice(from, Math.min(length, from + most))
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
    const plain = this.#isPlain
    let at = this.#length
    to[at++] = sign.quote
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0
      if (plain[byte] === 0) {
        this.raw(this.#json(this.#symbols.text(id)))
        return
      }
      to[at++] = byte
    }
    to[at++] = sign.quote
    this.#length = at
  }

  labelSet({ ids, length }: LabelSets): void {
    if (this.#known.length === 0) this.#known = new Uint32Array(knownPairs * pairWords)
    const kept = this.#copyBeginning(ids, length)
    if (length > this.#ids.length) this.#growLabels(length)
    for (let at = kept * 2; at < length; at += 2) {
      const [name, value] = [ids[at] ?? 0, ids[at + 1] ?? 0]
      if (at > 0) this.comma()
      this.#pair(name, value)
      this.#ids[at] = name
      this.#ids[at + 1] = value
      this.#ends[at >>> 1] = this.#length - this.#start
    }
    this.#labels = length >>> 1
    this.#reserve(1)
    this.#bytes[this.#length++] = sign.close
  }

  #pair(name: number, value: number): void {
    const known = this.#known
    const entry = (mixHash(name, value) % knownPairs) * pairWords
    const isKnown =
      known[entry + pairWord.name] === name &&
      known[entry + pairWord.value] === value &&
      known[entry + pairWord.piece] === this.#piece
    if (isKnown) {
      this.#copy(known[entry + pairWord.start] ?? 0, known[entry + pairWord.length] ?? 0)
      return
    }
    const start = this.#length
    this.text(name)
    this.#reserve(1)
    this.#bytes[this.#length++] = sign.colon
    this.text(value)
    known[entry + pairWord.name] = name
    known[entry + pairWord.value] = value
    known[entry + pairWord.start] = start
    known[entry + pairWord.length] = this.#length - start
    known[entry + pairWord.piece] = this.#piece
  }

  /** Of what stands in the piece; short, so that a call costs more than its bytes. */
  #copy(from: number, length: number): void {
    this.#reserve(length + 3)
    const view = this.#view
    const to = this.#length
    // Whole words: what is too much is overwritten by what comes next.
    for (let at = 0; at < length; at += 4) view.setInt32(to + at, view.getInt32(from + at))
    this.#length += length
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
    const wanted = this.#length + count
    const size = Math.min(wanted * growth, Math.max(wanted * 2, limits.httpWritePieceBytesMax))
    this.#use(new Uint8Array(Math.max(size, this.#sizeMin)))
    this.#bytes.set(bytes.subarray(0, this.#length))
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

function plainBytes(escaped: string): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    byte >= 0x20 && byte < 0x80 && !escaped.includes(String.fromCharCode(byte)) ? 1 : 0,
  )
}
