import { ByteReadError, type ByteReader } from '../../base/byte-reader.ts'

/** Parts of records that are read without a ByteReader, because there is one for every sample. */

/** Where the varint at `start` ends. Throws ByteReadError. */
export function varintEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while ((bytes[at] ?? 0) >= 0x80) at++
  if (at >= bytes.length || at - start > 9) throw new ByteReadError(start, 'a varint without end')
  return at + 1
}

/** Go's Varint in bytes[start..end). */
export function zigzag(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] ?? 0
  // Up to three bytes stand in most rows, and need no multiplication.
  const length = end - start
  if (length <= 3) {
    let bits = first & 0x7f
    if (length > 1) bits |= ((bytes[start + 1] ?? 0) & 0x7f) << 7
    if (length > 2) bits |= (bytes[start + 2] ?? 0) << 14
    return (bits >>> 1) ^ -(bits & 1)
  }
  let magnitude = 0
  for (let at = end - 1; at > start; at--) magnitude = magnitude * 128 + ((bytes[at] ?? 0) & 0x7f)
  magnitude = magnitude * 64 + ((first & 0x7f) >>> 1)
  return first % 2 === 0 ? magnitude : -magnitude - 1
}

export function bigEndian(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  )
}

/** Passes `count` texts with their lengths before them; answers where they end. */
export function skipTexts(bytes: Uint8Array, start: number, count: number): number {
  let at = start
  for (let text = 0; text < count; text++) {
    const dataStart = varintEnd(bytes, at)
    let length = 0
    for (let place = dataStart - 1; place >= at; place--) {
      length = length * 128 + ((bytes[place] ?? 0) & 0x7f)
    }
    at = dataStart + length
    if (at > bytes.length) throw new ByteReadError(dataStart, 'the end came before a text')
  }
  return at
}

/** A count of elements of at least `bytesMin` bytes each: more than the record has room for is damage. */
export function countOf(reader: ByteReader, bytesMin: number): number {
  const count = reader.uvarint()
  if (count * bytesMin > reader.left) {
    throw new ByteReadError(reader.offset, `the end came before ${count} elements`)
  }
  return count
}

/** Capacity for a column that needs `count` elements and has `capacity`. */
export function grownCapacity(count: number, capacity: number): number {
  return Math.max(count, capacity * 2)
}
