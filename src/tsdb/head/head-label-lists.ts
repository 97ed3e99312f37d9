import type { Looks } from '../../base/looks.ts'
import { noEntry } from '../../base/shared-hash-table.ts'
import type { Postings } from '../index/set-operations.ts'
import { type HeadView, isBorn, type Published } from './head-memory.ts'

interface ListTools {
  readonly view: HeadView
  readonly published: Published
  readonly looks: Looks
}

/** Looking up a label of a series costs as much as some steps through the lists of its values. */
const seriesPerValue = 8

/** Symbols of the names that any of the series has; of all series without `found`. */
export function namesOf(
  { view, published, looks }: ListTools,
  found: Postings | undefined,
): Uint32Array {
  const { index, series } = view
  if (found === undefined) return Uint32Array.from(index.names(published.labels))
  const { labels, labelStart, labelCount } = series
  const names = new Uint8Array(published.labels.symbols)
  const symbols: number[] = []
  for (let at = 0; at < found.length; at++) {
    looks.item()
    const id = found[at] ?? 0
    const start = labelStart.get(id)
    const segment = labels.segment(start >>> labels.shift)
    const from = start & labels.mask
    const end = from + labelCount.get(id) * 2
    for (let place = from; place < end; place += 2) {
      const name = segment[place] ?? 0
      if (names[name] !== 0) continue
      names[name] = 1
      symbols.push(name)
    }
  }
  return Uint32Array.from(symbols)
}

/**
 * Symbols of the values of a name, which has these pairs, that any of the series has. Few pairs and many series: each pair's
 * list is gone through until one of the series comes; else each series is looked at.
 */
export function valuesOf(
  { view, published, looks }: ListTools,
  name: number,
  pairs: Uint32Array,
  found: Postings,
): Uint32Array {
  const { index, series } = view
  if (pairs.length * seriesPerValue > found.length) {
    const values = new Set<number>()
    for (let at = 0; at < found.length; at++) {
      looks.item()
      values.add(series.valueOf(found[at] ?? 0, name))
    }
    values.delete(noEntry)
    return Uint32Array.from(values)
  }
  const isFound = new Uint8Array((published.series >>> 3) + 1)
  for (let at = 0; at < found.length; at++) {
    looks.item()
    const id = found[at] ?? 0
    isFound[id >>> 3] = (isFound[id >>> 3] ?? 0) | (1 << (id & 7))
  }
  const isWanted = looks.each(
    (id: number) =>
      ((isFound[id >>> 3] ?? 0) & (1 << (id & 7))) !== 0 && isBorn(series, published, id),
  )
  return index.valuesOfPairs(pairs.filter((pair) => index.anyOfPair(pair, isWanted)))
}
