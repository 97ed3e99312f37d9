import type { SeriesSource } from './series-source.ts'

/** The symbols of a new block, and by source: from its ordinals to those of the block. */
export interface MergedSymbols {
  readonly count: number
  readonly ordinals: readonly Uint32Array[]
  /** Calls for each symbol in the order of bytes; the view is valid during the call. */
  each(visit: (symbol: Uint8Array) => void): void
}

/** Walks the sorted symbols of the sources side by side; equal ones become one. */
export function mergeSymbols(sources: readonly SeriesSource[]): MergedSymbols {
  const ordinals = sources.map((source) => new Uint32Array(source.symbolCount))
  const count = walk(sources, (ordinal, source, at) => {
    const mapping = ordinals[source]
    if (mapping !== undefined) mapping[at] = ordinal
  })
  return {
    count,
    ordinals,
    each(visit) {
      let visited = -1
      walk(sources, (ordinal, source, at) => {
        if (ordinal === visited) return
        visited = ordinal
        visit(sources[source]?.symbolAt(at) ?? new Uint8Array(0))
      })
    },
  }
}

/** Calls for every symbol of every source, in order, with the ordinal among the distinct ones. */
function walk(
  sources: readonly SeriesSource[],
  visit: (ordinal: number, source: number, at: number) => void,
): number {
  const places = new Uint32Array(sources.length)
  const heads = sources.map((source) => headOf(source, 0))
  for (let ordinal = 0; ; ordinal++) {
    let least: Uint8Array | undefined
    for (const head of heads) {
      if (head !== undefined && (least === undefined || Buffer.compare(head, least) < 0)) {
        least = head
      }
    }
    if (least === undefined) return ordinal
    const wanted = least
    heads.forEach((head, index) => {
      if (head === undefined || Buffer.compare(head, wanted) !== 0) return
      const at = places[index] ?? 0
      visit(ordinal, index, at)
      places[index] = at + 1
    })
    sources.forEach((source, index) => {
      const head = heads[index]
      if (head !== undefined && Buffer.compare(head, wanted) === 0) {
        heads[index] = headOf(source, places[index] ?? 0)
      }
    })
  }
}

/** A copy: views of two sources may share their memory. */
function headOf(source: SeriesSource, at: number): Uint8Array | undefined {
  return at < source.symbolCount ? source.symbolAt(at).slice() : undefined
}
