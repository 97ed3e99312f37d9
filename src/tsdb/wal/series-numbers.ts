import { grownBytes } from '../../base/grown-bytes.ts'
import { limits } from '../../base/limits.ts'
import { demandSeries } from './record.ts'
import { bigEndian, grownCapacity } from './record-bytes.ts'

/** Words of a series before the numbers of its texts: its ref as two halves, and how many texts. */
export const numberedSeriesHead = 3

/** Gives texts numbers from 0 on, each one once; `position` is where it stands in its label set. */
export interface TextNumbers {
  readonly count: number
  internBytesAt(position: number, bytes: Uint8Array, start: number, end: number): number
}

/**
 * Numbers the label texts of a log in the order in which they first come, so that the thread that
 * takes series in compares none but the new ones. A record becomes words: how many texts are new,
 * the length of each, and then each series.
 */
export class SeriesNumbers {
  readonly #texts: TextNumbers
  #knownBytes = 0
  #isWaiting = false
  #words = new Uint32Array(1 << 14)
  /** Of the latest record: its series, its words, and the texts that are new in it. */
  series = 0
  wordCount = 0
  newBytes = new Uint8Array(1 << 14)
  newByteCount = 0

  constructor(texts: TextNumbers) {
    this.#texts = texts
  }

  get words(): Uint32Array {
    return this.#words
  }

  /** Whether the record is left as it is: it is larger than any of a live log, or too much is known. */
  passesOver(record: Uint8Array): boolean {
    if (this.#isWaiting) return false
    const { replayTextBytesMax, replayTextRecordBytesMax, replayTextsMax } = limits
    if (record.length > replayTextRecordBytesMax) return true
    return this.#knownBytes > replayTextBytesMax || this.#texts.count > replayTextsMax
  }

  /**
   * Numbers what is in the record, unless that is the one that was numbered and not handed on yet.
   * Throws ByteReadError before it has numbered anything.
   */
  take(record: Uint8Array): void {
    if (this.#isWaiting) return
    const texts = demandSeries(record)
    // A series takes nine bytes at least, and each text of it may be new.
    const wordsMax = 1 + Math.ceil(record.length / 9) * numberedSeriesHead + texts * 2
    if (wordsMax > this.#words.length) {
      this.#words = new Uint32Array(grownCapacity(wordsMax, this.#words.length))
    }
    this.#number(record, texts)
    this.#isWaiting = true
  }

  /** What was numbered last is on its way. */
  handedOn(): void {
    this.#isWaiting = false
  }

  #number(record: Uint8Array, texts: number): void {
    const words = this.#words
    const firstCount = this.#texts.count
    this.newByteCount = 0
    this.series = 0
    // Behind the room for the lengths of new texts; what is not needed of that is closed up.
    const seriesStart = 1 + texts
    let to = seriesStart
    for (let at = 1; at < record.length; this.series++) {
      words[to] = bigEndian(record, at)
      words[to + 1] = bigEndian(record, at + 4)
      at = this.#uvarint(record, at + 8)
      const textCount = this.#value * 2
      words[to + 2] = textCount
      to += numberedSeriesHead
      for (let text = 0; text < textCount; text++) {
        const start = this.#uvarint(record, at)
        at = start + this.#value
        words[to++] = this.#numberOf(text, record, start, at, firstCount)
      }
    }
    const lengthsEnd = 1 + this.#texts.count - firstCount
    words[0] = lengthsEnd - 1
    words.copyWithin(lengthsEnd, seriesStart, to)
    this.wordCount = lengthsEnd + to - seriesStart
  }

  #numberOf(position: number, record: Uint8Array, start: number, end: number, first: number) {
    const before = this.#texts.count
    const number = this.#texts.internBytesAt(position, record, start, end)
    if (number !== before || this.#texts.count === before) return number
    const length = end - start
    this.#words[1 + number - first] = length
    const needed = this.newByteCount + length
    this.newBytes = grownBytes(this.newBytes, this.newByteCount, needed)
    this.newBytes.set(record.subarray(start, end), this.newByteCount)
    this.newByteCount = needed
    this.#knownBytes += length
    return number
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
