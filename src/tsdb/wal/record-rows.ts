import { ByteReadError, type ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'

/** How a row says its start timestamp: 0, that of the row before it, or a distance to the first. */
const startMark = { none: 0, same: 1, explicit: 2 } as const

/**
 * The (ref, timestamp) of each row of a record, as distances. Plain records (`rowStyle.plain`)
 * begin with the first row's as fixed 64-bit numbers, and every row has its distances to those.
 * Records with start timestamps begin with the first row itself as varints; of the others the ref
 * is a distance to the row before, the timestamp one to the first (tsdb/record/record.go).
 */
export const rowStyle = { plain: 0, withStart: 1 } as const

export type RowStyle = (typeof rowStyle)[keyof typeof rowStyle]

/** Reads the head of each row; what else the row has follows in the reader. */
export class RowReader {
  readonly #reader: ByteReader
  readonly #style: RowStyle
  #firstRef = 0
  #firstTimestampMs = 0
  #firstStartMs = 0
  #isFirst = true
  ref = 0
  timestampMs = 0
  /** 0 = none. */
  startMs = 0

  /** `reader` stands behind the record's type; a record without rows ends there. */
  constructor(reader: ByteReader, style: RowStyle) {
    this.#reader = reader
    this.#style = style
    if (reader.left === 0) return
    const { withStart } = rowStyle
    this.#firstRef = style === withStart ? reader.varint() : reader.int64()
    this.#firstTimestampMs = style === withStart ? reader.varint() : reader.int64()
    this.#firstStartMs = style === withStart ? reader.varint() : 0
    this.ref = this.#firstRef
    this.timestampMs = this.#firstTimestampMs
    this.startMs = this.#firstStartMs
    if (reader.left === 0) throw new ByteReadError(reader.offset, 'the end came before a row')
  }

  next(): void {
    const reader = this.#reader
    if (this.#style === rowStyle.plain) {
      this.ref = this.#firstRef + reader.varint()
      this.timestampMs = this.#firstTimestampMs + reader.varint()
    } else if (this.#isFirst) {
      this.#isFirst = false
    } else {
      this.ref += reader.varint()
      this.timestampMs = this.#firstTimestampMs + reader.varint()
      this.#readStart()
    }
    demandPlace(this.ref, this.timestampMs, reader.offset)
  }

  #readStart(): void {
    const mark = this.#reader.uint8()
    if (mark === startMark.none) this.startMs = 0
    else if (mark !== startMark.same) this.startMs = this.#firstStartMs + this.#reader.varint()
  }
}

/** A ref or time that no double holds exactly would name another series, or move a sample. */
export function demandPlace(ref: number, timestampMs: number, offsetBytes: number): void {
  if (ref >= 0 && ref <= Number.MAX_SAFE_INTEGER && Number.isSafeInteger(timestampMs)) return
  throw new ByteReadError(offsetBytes, 'a series or time beyond 2^53')
}

/** Writes the head of each row; what else the row has is written behind it. */
export class RowWriter {
  #writer: ByteWriter
  #style: RowStyle = rowStyle.plain
  #firstRef = 0
  #firstTimestampMs = 0
  #firstStartMs = 0
  #ref = 0
  #startMs = 0
  #rows = 0

  constructor(writer: ByteWriter) {
    this.#writer = writer
  }

  /** Begins a record in place of what the writer holds. */
  begin(type: number, style: RowStyle): void {
    this.#writer.reset()
    this.#writer.uint8(type)
    this.#style = style
    this.#rows = 0
  }

  get rows(): number {
    return this.#rows
  }

  row(ref: number, timestampMs: number, startMs: number): void {
    const writer = this.#writer
    if (this.#rows++ === 0) this.#first(ref, timestampMs, startMs)
    else if (this.#style === rowStyle.withStart) {
      writer.varint(ref - this.#ref)
      writer.varint(timestampMs - this.#firstTimestampMs)
      this.#writeStart(startMs)
    }
    if (this.#style === rowStyle.plain) {
      writer.varint(ref - this.#firstRef)
      writer.varint(timestampMs - this.#firstTimestampMs)
    }
    this.#ref = ref
    this.#startMs = startMs
  }

  #first(ref: number, timestampMs: number, startMs: number): void {
    const writer = this.#writer
    this.#firstRef = ref
    this.#firstTimestampMs = timestampMs
    this.#firstStartMs = startMs
    if (this.#style === rowStyle.plain) {
      writer.int64(ref)
      writer.int64(timestampMs)
      return
    }
    writer.varint(ref)
    writer.varint(timestampMs)
    writer.varint(startMs)
  }

  #writeStart(startMs: number): void {
    const writer = this.#writer
    if (startMs === 0) writer.uint8(startMark.none)
    else if (startMs === this.#startMs) writer.uint8(startMark.same)
    else {
      writer.uint8(startMark.explicit)
      writer.varint(startMs - this.#firstStartMs)
    }
  }
}
