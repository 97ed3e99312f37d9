/**
 * Memory of at least `needed` bytes that begins with the first `length` of `bytes`: twice as much as
 * there was, so that a buffer grows in few steps. The same where there is room.
 */
export function grownBytes(
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
  needed: number,
): Uint8Array<ArrayBuffer> {
  if (needed <= bytes.length) return bytes
  const grown = new Uint8Array(Math.max(needed, bytes.length * 2))
  grown.set(bytes.subarray(0, length))
  return grown
}
