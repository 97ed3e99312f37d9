import { ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { addText, recordType } from './record.ts'
import { countOf, grownCapacity } from './record-bytes.ts'

/** The metric types' numbers in records (row T2.9). */
export const metricTypeNumber = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  gaugehistogram: 4,
  summary: 5,
  info: 6,
  stateset: 7,
} as const

/** Metadata of series as columns; `count` rows are valid, texts are views into the record. */
export interface MetadataRecord {
  refs: Float64Array
  /** By metricTypeNumber. */
  types: Uint8Array
  readonly units: Uint8Array[]
  readonly helps: Uint8Array[]
  count: number
}

export function emptyMetadataRecord(): MetadataRecord {
  return { refs: new Float64Array(16), types: new Uint8Array(16), units: [], helps: [], count: 0 }
}

const unitName = new TextEncoder().encode('UNIT')
const helpName = new TextEncoder().encode('HELP')
const noText = new Uint8Array(0)

export function beginMetadataRecord(writer: ByteWriter): void {
  writer.reset()
  writer.uint8(recordType.metadata)
}

export function addMetadata(
  writer: ByteWriter,
  ref: number,
  type: number,
  unit: Uint8Array,
  help: Uint8Array,
): void {
  writer.uvarint(ref)
  writer.uint8(type)
  writer.uvarint(2)
  addText(writer, unitName, 0, unitName.length)
  addText(writer, unit, 0, unit.length)
  addText(writer, helpName, 0, helpName.length)
  addText(writer, help, 0, help.length)
}

/** Fields by other names are passed over, as upstream does. Throws ByteReadError. */
export function decodeMetadata(record: Uint8Array, into: MetadataRecord): void {
  into.count = 0
  const reader = new ByteReader(record)
  reader.uint8()
  // A ref, a type and a count of fields.
  growColumns(into, Math.ceil(reader.left / 3))
  let count = 0
  while (reader.left > 0) {
    into.refs[count] = reader.uvarint()
    into.types[count] = reader.uint8()
    into.units[count] = noText
    into.helps[count] = noText
    for (let field = countOf(reader, 2); field > 0; field--) {
      const name = reader.uvarintBytes()
      const value = reader.uvarintBytes()
      if (isSame(name, unitName)) into.units[count] = value
      else if (isSame(name, helpName)) into.helps[count] = value
    }
    count++
  }
  into.count = count
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function growColumns(into: MetadataRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.types = new Uint8Array(size)
}
