/** A longer array has memory of its own: little of a block is left unused then. */
const cutBytesMax = 4_096
const blockBytes = 64 * 1_024
const alignBytes = 8

let block = new ArrayBuffer(0)
let next = 0

/**
 * Arrays of zeros for what lives as long as a query, many of them cut out of one block of memory: the
 * memory of an array by itself costs several times what filling a short one does, and is freed by
 * itself. The block goes with the last of its arrays, so nothing is cut for what is kept, nor for what
 * is posted to another thread, which would take the whole block along.
 */
export function cutFloat64(length: number): Float64Array<ArrayBuffer> {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT
  if (bytes > cutBytesMax) return new Float64Array(length)
  const at = cut(bytes)
  return new Float64Array(block, at, length)
}

export function cutUint32(length: number): Uint32Array<ArrayBuffer> {
  const bytes = length * Uint32Array.BYTES_PER_ELEMENT
  if (bytes > cutBytesMax) return new Uint32Array(length)
  const at = cut(bytes)
  return new Uint32Array(block, at, length)
}

export function cutInt32(length: number): Int32Array<ArrayBuffer> {
  const bytes = length * Int32Array.BYTES_PER_ELEMENT
  if (bytes > cutBytesMax) return new Int32Array(length)
  const at = cut(bytes)
  return new Int32Array(block, at, length)
}

/** Where in `block` so many bytes are, which may be a new one by then. */
function cut(bytes: number): number {
  if (next + bytes > block.byteLength) {
    block = new ArrayBuffer(blockBytes)
    next = 0
  }
  const at = next
  next = Math.ceil((at + bytes) / alignBytes) * alignBytes
  return at
}
