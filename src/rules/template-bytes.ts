import { GoInteger, GoList, type GoValue } from './template-values.ts'

export const bytesType = '[]uint8'

/** Go's slice of bytes. */
export function goBytes(bytes: Uint8Array): GoList {
  return new GoList(
    bytesType,
    Array.from(bytes, (byte) => new GoInteger('uint8', BigInt(byte))),
  )
}

/** The bytes of such a slice; none of nil. */
export function bytesOf(value: GoValue): Buffer {
  if (!(value instanceof GoList)) return Buffer.alloc(0)
  return Buffer.from(
    value.items.map((item) => (item instanceof GoInteger ? Number(item.value) : 0)),
  )
}
