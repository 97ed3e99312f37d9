import { ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { addText, recordType } from './record.ts'
import { countOf, grownCapacity } from './record-bytes.ts'
import { RowReader, RowWriter, rowStyle } from './record-rows.ts'

/**
 * Exemplars (row T2.7) as columns; `count` of them are valid. The labels of exemplar i are the texts
 * from textOffsets[i] to textOffsets[i + 1], name and value in turn, views into the record.
 */
export interface ExemplarRecord {
  refs: Float64Array
  timestampsMs: Float64Array
  values: Float64Array
  textOffsets: Uint32Array
  readonly texts: Uint8Array[]
  count: number
}

export function emptyExemplarRecord(): ExemplarRecord {
  return {
    refs: new Float64Array(16),
    timestampsMs: new Float64Array(16),
    values: new Float64Array(16),
    textOffsets: new Uint32Array(17),
    texts: [],
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

  /** The value is that at `index` of a column, by its halves; `texts` name and value in turn. */
  add(
    ref: number,
    timestampMs: number,
    halves: Uint32Array,
    index: number,
    texts: readonly Uint8Array[],
  ): void {
    this.#rows.row(ref, timestampMs, 0)
    this.#writer.float64Halves(halves, index)
    this.#writer.uvarint(texts.length / 2)
    for (const text of texts) addText(this.#writer, text, 0, text.length)
  }
}

/** Throws ByteReadError. */
export function decodeExemplars(record: Uint8Array, into: ExemplarRecord): void {
  into.count = 0
  into.texts.length = 0
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
    const pairCount = countOf(reader, 2)
    for (let text = 0; text < pairCount * 2; text++) into.texts.push(reader.uvarintBytes())
    count++
    into.textOffsets[count] = into.texts.length
  }
  into.count = count
}

function growColumns(into: ExemplarRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.timestampsMs = new Float64Array(size)
  into.values = new Float64Array(size)
  into.textOffsets = new Uint32Array(size + 1)
}
