import type { SymbolColumns } from '../index/symbols.ts'

/**
 * Symbols in the order of their bytes. The first six bytes of each are compared as one number, and
 * only where those are equal the rest, so that a million are sorted without making texts of them.
 */
export function orderOfSymbols(symbols: SymbolColumns, ids: Uint32Array): Uint32Array {
  const keys = new Float64Array(ids.length)
  ids.forEach((id, index) => {
    const { bytes, start, end } = symbols.place(id)
    let key = 0
    for (let at = start; at < start + keyBytes; at++)
      key = key * 256 + (at < end ? (bytes[at] ?? 0) : 0)
    keys[index] = key
  })
  const order = Uint32Array.from(ids, (_, index) => index)
  order.sort(
    (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || compare(symbols, ids[a] ?? 0, ids[b] ?? 0),
  )
  return order.map((index) => ids[index] ?? 0)
}

/** As many as a double holds exactly. */
const keyBytes = 6

function compare(symbols: SymbolColumns, a: number, b: number): number {
  const [first, second] = [symbols.place(a), symbols.place(b)]
  const length = Math.min(first.end - first.start, second.end - second.start)
  for (let at = 0; at < length; at++) {
    const difference = (first.bytes[first.start + at] ?? 0) - (second.bytes[second.start + at] ?? 0)
    if (difference !== 0) return difference
  }
  return first.end - first.start - (second.end - second.start)
}
