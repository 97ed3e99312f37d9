import { ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { recordType } from './record.ts'
import { countOf, grownCapacity, skipTexts } from './record-bytes.ts'
import { RowReader, RowWriter, rowStyle } from './record-rows.ts'

/**
 * Exemplars (row T2.7) as columns; `count` of them are valid. The labels of exemplar i are the bytes
 * from labelStart[i] to labelEnd[i] of the record, as model/exemplar.ts encodes them.
 */
export interface ExemplarRecord {
  refs: Float64Array
  timestampsMs: Float64Array
  values: Float64Array
  labelStart: Uint32Array
  labelEnd: Uint32Array
  bytes: Uint8Array
  count: number
}

export function emptyExemplarRecord(): ExemplarRecord {
  return {
    refs: new Float64Array(16),
    timestampsMs: new Float64Array(16),
    values: new Float64Array(16),
    labelStart: new Uint32Array(16),
    labelEnd: new Uint32Array(16),
    bytes: new Uint8Array(0),
    count: 0,
  }
}

/** Encodes one record; begin it, then add exemplars. It owns what the writer holds. */
export class ExemplarEncoder {
  readonly #writer: ByteWriter
  readonly #rows: RowWriter

  constructor(writer: ByteWriter) {
    this.#writer = writer
    this.#rows = new RowWriter(writer)
  }

  begin(): void {
    this.#rows.begin(recordType.exemplars, rowStyle.plain)
  }

  /** The value is that at `index` of a column, by its halves; the labels are encoded. */
  add(
    ref: number,
    timestampMs: number,
    halves: Uint32Array,
    index: number,
    labels: Uint8Array,
  ): void {
    this.#rows.row(ref, timestampMs, 0)
    this.#writer.float64Halves(halves, index)
    this.#writer.bytes(labels)
  }
}

/** Throws ByteReadError. */
export function decodeExemplars(record: Uint8Array, into: ExemplarRecord): void {
  into.count = 0
  into.bytes = record
  const reader = new ByteReader(record)
  reader.uint8()
  const rows = new RowReader(reader, rowStyle.plain)
  // Two varints, eight bytes of value, a count of labels.
  growColumns(into, Math.ceil(reader.left / 11))
  const halves = halvesOf(into.values)
  let count = 0
  while (reader.left > 0) {
    rows.next()
    into.refs[count] = rows.ref
    into.timestampsMs[count] = rows.timestampMs
    reader.float64Into(halves, count)
    into.labelStart[count] = reader.offset
    const pairCount = countOf(reader, 2)
    reader.bytes(skipTexts(record, reader.offset, pairCount * 2) - reader.offset)
    into.labelEnd[count] = reader.offset
    count++
  }
  into.count = count
}

function growColumns(into: ExemplarRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.timestampsMs = new Float64Array(size)
  into.values = new Float64Array(size)
  into.labelStart = new Uint32Array(size)
  into.labelEnd = new Uint32Array(size)
}
