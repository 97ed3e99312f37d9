import { ByteReadError, type ByteReader } from './byte-reader.ts'

/** Go's varints of numbers that may be beyond what a double holds exactly. */

/** Go's Uvarint; infinite where it is beyond the safe integers. */
export function uvarintOrInfinity(reader: ByteReader): number {
  let value = 0
  let scale = 1
  for (let count = 0; count < 10; count++) {
    const byte = reader.uint8()
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : value
    scale *= 128
  }
  throw new ByteReadError(reader.offset, 'a varint of more than ten bytes')
}

/** Go's Varint; infinite where it is beyond the safe integers. */
export function varintOrInfinity(reader: ByteReader): number {
  const first = reader.uint8()
  const low = (first & 0x7f) >>> 1
  const magnitude = first < 0x80 ? low : low + 64 * uvarintOrInfinity(reader)
  if (magnitude >= Number.MAX_SAFE_INTEGER) {
    return first % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }
  return first % 2 === 0 ? magnitude : -magnitude - 1
}

/** Go's Varint; where it is beyond the safe integers the outermost of them. */
export function varintWithinSafe(reader: ByteReader): number {
  const value = varintOrInfinity(reader)
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
}
