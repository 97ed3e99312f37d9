import { grownBytes } from '../../base/grown-bytes.ts'
import { limits } from '../../base/limits.ts'
import { PairTable } from './pair-table.ts'
import { demandSeries } from './record.ts'
import { bigEndian, grownCapacity } from './record-bytes.ts'

/** Words of a series before the numbers of its pairs: its ref as two halves, and how many pairs. */
export const numberedSeriesHead = 3
/**
 * Words of a new pair: number + 1 of an earlier pair whose name it has (0: its name is among the
 * bytes), and the lengths of name and value.
 */
export const numberedPairWords = 3

/** Positions of a label set whose latest pair is kept in mind. */
const positionsMax = 128
/** Of a pair at a position: where it begins in the record, its bytes, and those up to its name's end. */
const placeWord = { start: 0, length: 1, nameEnd: 2 } as const
const placeWords = 3

/**
 * Numbers the label pairs of a log in the order in which they first come, so that the thread that
 * takes series in looks up none but the new ones. A record becomes words: how many pairs are new,
 * what is new of each, and then each series.
 */
export class SeriesNumbers {
  readonly #pairs = new PairTable()
  #view: DataView = new DataView(new ArrayBuffer(0))
  #knownBytes = 0
  #isWaiting = false
  #words = new Uint32Array(1 << 14)
  /** The pairs of the series before, in the same record: neighbours agree in most. */
  readonly #places = new Uint32Array(positionsMax * placeWords)
  readonly #latest = new Uint32Array(positionsMax)
  /** Of the latest record: its series, its words, and what is new in it. */
  series = 0
  wordCount = 0
  newBytes = new Uint8Array(1 << 14)
  newByteCount = 0
  readonly #readers: number

  /** There are so many that number series, each by itself. */
  constructor(readers: number) {
    this.#readers = readers
  }

  get words(): Uint32Array {
    return this.#words
  }

  /** Whether the record is left as it is: it is larger than any of a live log, or too much is known. */
  passesOver(record: Uint8Array): boolean {
    if (this.#isWaiting) return false
    const { replayPairBytesMax, replayPairRecordBytesMax, replayPairsMax } = limits
    if (record.length > replayPairRecordBytesMax) return true
    const readers = this.#readers
    return (
      this.#knownBytes * readers > replayPairBytesMax ||
      this.#pairs.count * readers > replayPairsMax
    )
  }

  /**
   * Numbers what is in the record, unless that is the one that was numbered and not handed on yet.
   * Throws ByteReadError before it has numbered anything.
   */
  take(record: Uint8Array): void {
    if (this.#isWaiting) return
    const pairs = demandSeries(record) / 2
    // A series takes nine bytes at least, and each pair of it may be new.
    const wordsMax =
      1 + Math.ceil(record.length / 9) * numberedSeriesHead + pairs * (numberedPairWords + 1)
    if (wordsMax > this.#words.length) {
      this.#words = new Uint32Array(grownCapacity(wordsMax, this.#words.length))
    }
    this.#number(record, pairs)
    this.#isWaiting = true
  }

  /** What was numbered last is on its way. */
  handedOn(): void {
    this.#isWaiting = false
  }

  #number(record: Uint8Array, pairs: number): void {
    const words = this.#words
    const firstNew = this.#pairs.count
    this.newByteCount = 0
    this.series = 0
    this.#places.fill(0)
    this.#view = new DataView(record.buffer, record.byteOffset, record.length)
    // Behind the room for what is new of pairs; what is not needed of that is closed up.
    const seriesStart = 1 + pairs * numberedPairWords
    let to = seriesStart
    for (let at = 1; at < record.length; this.series++) {
      words[to] = bigEndian(record, at)
      words[to + 1] = bigEndian(record, at + 4)
      at = this.#uvarint(record, at + 8)
      const pairCount = this.#value
      words[to + 2] = pairCount
      to += numberedSeriesHead
      for (let position = 0; position < pairCount; position++) {
        const start = at
        const nameEnd = this.#uvarint(record, at) + this.#value
        at = this.#uvarint(record, nameEnd) + this.#value
        words[to++] = this.#isAsBefore(position, record, start, at)
          ? (this.#latest[position] ?? 0)
          : this.#numberOf(position, record, start, nameEnd, at, firstNew)
      }
    }
    const pairsEnd = 1 + (this.#pairs.count - firstNew) * numberedPairWords
    words[0] = this.#pairs.count - firstNew
    words.copyWithin(pairsEnd, seriesStart, to)
    this.wordCount = pairsEnd + to - seriesStart
  }

  /** Whether the series before has the same bytes at this position. */
  #isAsBefore(position: number, record: Uint8Array, start: number, end: number): boolean {
    const place = position * placeWords
    if (this.#places[place + placeWord.length] !== end - start) return false
    const behind = (this.#places[place + placeWord.start] ?? 0) - start
    // What differs differs in its last bytes.
    let at = end
    for (; at - 4 >= start; at -= 4) {
      if (this.#view.getInt32(at - 4) !== this.#view.getInt32(at - 4 + behind)) return false
    }
    for (; at > start; at--) if (record[at - 1] !== record[at - 1 + behind]) return false
    return true
  }

  /** The pair record[start .. end), lengths included: so no two pairs have the same bytes. */
  #numberOf(
    position: number,
    record: Uint8Array,
    start: number,
    nameEnd: number,
    end: number,
    firstNew: number,
  ): number {
    const before = this.#pairs.count
    const number = this.#pairs.numberOf(record, this.#view, start, end)
    if (this.#pairs.count > before) {
      const like = this.#numberWithName(position, record, start, nameEnd)
      this.#addNew(number - firstNew, like, record, start, nameEnd, end)
    }
    if (position >= positionsMax) return number
    const place = position * placeWords
    this.#places[place + placeWord.start] = start
    this.#places[place + placeWord.length] = end - start
    this.#places[place + placeWord.nameEnd] = nameEnd
    this.#latest[position] = number
    return number
  }

  /** Number + 1 of the pair at this position of the series before, if it has this name; else 0. */
  #numberWithName(position: number, record: Uint8Array, start: number, nameEnd: number): number {
    const place = position * placeWords
    const before = this.#places[place + placeWord.start] ?? 0
    const beforeEnd = this.#places[place + placeWord.nameEnd] ?? 0
    if (before === 0 || beforeEnd - before !== nameEnd - start) return 0
    for (let at = start; at < nameEnd; at++) {
      if (record[at] !== record[at + before - start]) return 0
    }
    return (this.#latest[position] ?? 0) + 1
  }

  #addNew(
    index: number,
    like: number,
    record: Uint8Array,
    start: number,
    nameEnd: number,
    end: number,
  ): void {
    const nameStart = this.#uvarint(record, start)
    const valueStart = this.#uvarint(record, nameEnd)
    const word = 1 + index * numberedPairWords
    this.#words[word] = like
    this.#words[word + 1] = nameEnd - nameStart
    this.#words[word + 2] = end - valueStart
    if (like === 0) this.#addBytes(record, nameStart, nameEnd)
    this.#addBytes(record, valueStart, end)
    this.#knownBytes += end - start
  }

  #addBytes(record: Uint8Array, start: number, end: number): void {
    const needed = this.newByteCount + end - start
    this.newBytes = grownBytes(this.newBytes, this.newByteCount, needed)
    for (let at = start; at < end; at++) {
      this.newBytes[this.newByteCount + at - start] = record[at] ?? 0
    }
    this.newByteCount = needed
  }

  #value = 0

  /** Of a record that holds: leaves the value in #value, answers where it ends. */
  #uvarint(bytes: Uint8Array, start: number): number {
    const first = bytes[start] ?? 0
    this.#value = first
    if (first < 0x80) return start + 1
    let value = first & 0x7f
    let scale = 128
    let at = start + 1
    for (; (bytes[at] ?? 0) >= 0x80; at++) {
      value += ((bytes[at] ?? 0) & 0x7f) * scale
      scale *= 128
    }
    this.#value = value + (bytes[at] ?? 0) * scale
    return at + 1
  }
}
