/**
 * The stale marker is one NaN by its bits, 0x7ff0000000000002. A JavaScript number does not carry
 * those bits reliably (a plain array, an addition or a message canonicalises them), so values
 * travel in Float64Array and staleness is asked of the array, never of the number.
 */
export const staleNanHigh = 0x7ff00000
export const staleNanLow = 0x00000002

/** The 32-bit halves of a column of doubles: low half of element i at 2i, high half at 2i + 1. */
export function halvesOf(values: Float64Array): Uint32Array {
  if (values === latest.values) return latest.halves
  const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  if (values.length <= keptMax) latest = { values, halves }
  return halves
}

/** Columns are read into again and again: the view of the latest one is kept, unless it holds much. */
let latest: { readonly values: Float64Array; readonly halves: Uint32Array } = {
  values: new Float64Array(0),
  halves: new Uint32Array(0),
}
const keptMax = 4_096

export function isStaleAt(halves: Uint32Array, index: number): boolean {
  return halves[index * 2] === staleNanLow && halves[index * 2 + 1] === staleNanHigh
}

export function writeStaleAt(halves: Uint32Array, index: number): void {
  halves[index * 2] = staleNanLow
  halves[index * 2 + 1] = staleNanHigh
}
