import { LabelTexts } from '../../model/label-texts.ts'
import type { SeriesVisitor } from './record.ts'

/** Takes series whose label pairs another thread has numbered; bytes and numbers are valid during the call. */
export interface InternedSeries {
  /**
   * The pair with the next number, from 0 on: bytes[nameEnd .. end) is its value, bytes[start ..
   * nameEnd) its name, unless that is the one of the pair with the number `like`, which is not -1.
   */
  pair(bytes: Uint8Array, start: number, nameEnd: number, end: number, like: number): void
  /** A series that has the pairs numbers[start .. end). */
  series(ref: number, numbers: Uint32Array, start: number, end: number): void
}

/** Makes texts of the numbers again, for who takes nothing else. */
export class SpelledSeries implements InternedSeries {
  readonly #visit: SeriesVisitor
  readonly #names: Uint8Array[] = []
  readonly #values: Uint8Array[] = []
  readonly #texts = new LabelTexts()

  constructor(visit: SeriesVisitor) {
    this.#visit = visit
  }

  pair(bytes: Uint8Array, start: number, nameEnd: number, end: number, like: number): void {
    this.#names.push(this.#names[like] ?? bytes.slice(start, nameEnd))
    this.#values.push(bytes.slice(nameEnd, end))
  }

  series(ref: number, numbers: Uint32Array, start: number, end: number): void {
    const known: Uint8Array[] = []
    for (const number of numbers.subarray(start, end)) {
      known.push(this.#names[number] ?? nothing, this.#values[number] ?? nothing)
    }
    this.#texts.begin(Buffer.concat(known))
    let at = 0
    for (const { length } of known) {
      this.#texts.add(at, at + length)
      at += length
    }
    this.#visit(ref, this.#texts)
  }
}

const nothing = new Uint8Array(0)
