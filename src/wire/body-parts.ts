import type protobuf from 'protobufjs/minimal.js'
import { limits } from '../base/limits.ts'
import { doubled, endOf, tooMany } from './proto-fields.ts'

const partsAtFirst = 64

/** Messages of one kind that a write request has: which series each belongs to, and where it stands. */
export class BodyParts {
  count = 0
  series: Uint32Array = new Uint32Array(partsAtFirst)
  start: Uint32Array = new Uint32Array(partsAtFirst)
  end: Uint32Array = new Uint32Array(partsAtFirst)
  readonly #what: string

  /** `what` they are, for who is told that there are too many. */
  constructor(what: string) {
    this.#what = what
  }

  /** Has what a kernel found, in columns that are its own. */
  show(columns: Pick<BodyParts, 'series' | 'start' | 'end'>, count: number): void {
    this.series = columns.series
    this.start = columns.start
    this.end = columns.end
    this.count = count
  }

  /** Passes the message that the reader stands at. Throws BODY_INVALID or BODY_TOO_LARGE. */
  add(reader: protobuf.Reader, series: number): void {
    const at = this.count
    const most = limits.remoteWriteSamplesMax
    if (at === most) throw tooMany(this.#what, most)
    if (at === this.series.length) {
      this.series = doubled(this.series)
      this.start = doubled(this.start)
      this.end = doubled(this.end)
    }
    const end = endOf(reader)
    this.series[at] = series
    this.start[at] = reader.pos
    this.end[at] = end
    reader.pos = end
    this.count++
  }
}
