import { LabelTexts } from '../../model/label-texts.ts'
import type { SeriesVisitor } from './record.ts'

/** Takes series whose texts another thread has numbered; bytes and numbers are valid during the call. */
export interface InternedSeries {
  /** bytes[start .. end) is the text with the next number, from 0 on. */
  text(bytes: Uint8Array, start: number, end: number): void
  /** A series whose names and values in turn are the texts numbers[start .. end). */
  series(ref: number, numbers: Uint32Array, start: number, end: number): void
}

/** Makes texts of the numbers again, for who takes nothing else. */
export class SpelledSeries implements InternedSeries {
  readonly #visit: SeriesVisitor
  readonly #known: Uint8Array[] = []
  readonly #texts = new LabelTexts()

  constructor(visit: SeriesVisitor) {
    this.#visit = visit
  }

  text(bytes: Uint8Array, start: number, end: number): void {
    this.#known.push(bytes.slice(start, end))
  }

  series(ref: number, numbers: Uint32Array, start: number, end: number): void {
    const known = Array.from(numbers.subarray(start, end), (number) => this.#textOf(number))
    this.#texts.begin(Buffer.concat(known))
    let at = 0
    for (const { length } of known) {
      this.#texts.add(at, at + length)
      at += length
    }
    this.#visit(ref, this.#texts)
  }

  #textOf(number: number): Uint8Array {
    return this.#known[number] ?? nothing
  }
}

const nothing = new Uint8Array(0)
