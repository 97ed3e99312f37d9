import type { BitReader } from './bit-reader.ts'
import { peekBits, varbitInt, varbitWidth } from './bit-reading.ts'
import { putVarint } from './bit-writing.ts'
import type { StatePlace } from './state-place.ts'
import { putVarbitInt } from './varbit-writing.ts'

/** The header has seven bits for the first sample that brings a start timestamp of its own. */
const changeOnMax = 0x7f

/**
 * The start timestamps of XOR2 and ST histogram chunks, behind each sample's other data
 * (tsdb/docs/format/chunks.md). 0 is none. They are written from the first change on, at the
 * latest from sample 127 on, as the distance from the time of the sample before.
 */
export class StartWriter {
  /** Doubles that save puts down. */
  static readonly stateDoubles = 3
  /** The byte behind the sample count. */
  header = 0
  #startMs = 0
  #distanceMs = 0

  clear(): void {
    this.header = 0
    this.#startMs = 0
    this.#distanceMs = 0
  }

  /**
   * Goes on behind a sample that was appended with `startMs`, in a chunk with this header;
   * `beforeMs` is the time of the sample before that one.
   */
  resume(header: number, startMs: number, beforeMs: number): void {
    this.header = header
    this.#startMs = startMs
    this.#distanceMs = beforeMs - startMs
  }

  save(place: StatePlace): void {
    place.put(this.header)
    place.put(this.#startMs)
    place.put(this.#distanceMs)
  }

  load(place: StatePlace): void {
    this.header = place.take()
    this.#startMs = place.take()
    this.#distanceMs = place.take()
  }

  /** Behind the first sample. */
  putFirst(view: DataView, bit: number, timestampMs: number, startMs: number): number {
    this.#startMs = startMs
    if (startMs === 0) return bit
    this.header = 0x80
    return putVarint(view, bit, timestampMs - startMs)
  }

  /** Behind sample `index` (1 and more). */
  put(view: DataView, bit: number, index: number, previousMs: number, startMs: number): number {
    const distanceMs = previousMs - startMs
    const changeOn = this.header & changeOnMax
    if (changeOn === 0) {
      if (startMs === this.#startMs && index !== changeOnMax) return bit
      this.header |= index
      this.#startMs = startMs
      this.#distanceMs = distanceMs
      return putVarbitInt(view, bit, distanceMs)
    }
    const difference = distanceMs - this.#distanceMs
    this.#distanceMs = distanceMs
    return putVarbitInt(view, bit, difference)
  }
}

/** Reads what StartWriter wrote. */
export class StartReader {
  startMs = 0
  #known = false
  #changeOn = 0
  #distanceMs = 0

  begin(header: number): void {
    this.startMs = 0
    this.#known = header >= 0x80
    this.#changeOn = header & changeOnMax
    this.#distanceMs = 0
  }

  first(reader: BitReader, timestampMs: number): void {
    if (this.#known) this.startMs = timestampMs - reader.varint()
  }

  /** Behind sample `index` (1 and more); answers the bit behind. */
  next(view: DataView, bit: number, index: number, previousMs: number): number {
    if (this.#changeOn === 0 || index < this.#changeOn) return bit
    const peek = peekBits(view, bit)
    this.#distanceMs += varbitInt(view, bit, peek)
    this.startMs = previousMs - this.#distanceMs
    return bit + varbitWidth(peek)
  }
}
