import type { Looks } from '../base/looks.ts'
import { compareBytes } from '../model/byte-order.ts'
import { metricNameLabel } from '../model/labels.ts'
import type { ChunkSeriesSet, SymbolTable } from '../storage/querier.ts'
import { rowsOf } from '../storage/text-order.ts'
import { LabelWalk } from '../tsdb/merge/label-walk.ts'

/** Series of some selects: row r is series[r] of the set sets[r], of the metric names[r]. */
export interface NamedRows {
  readonly count: number
  readonly sets: Uint32Array
  readonly series: Uint32Array
  /** Symbol ids. */
  readonly names: Uint32Array
}

/**
 * Every series of sorted sets once, by metric name and else in label order; those without a name are
 * left out.
 */
export async function rowsByName(
  sets: readonly ChunkSeriesSet[],
  symbols: SymbolTable,
  looks: Looks,
): Promise<NamedRows> {
  const [only] = sets
  const rows = sets.length === 1 && only ? allOf(only) : await merged(sets, symbols, looks)
  return groupedByName(rows, sets, symbols, looks)
}

type Rows = Pick<NamedRows, 'count' | 'sets' | 'series'>

function allOf({ seriesCount }: ChunkSeriesSet): Rows {
  return { count: seriesCount, sets: new Uint32Array(seriesCount), series: rowsOf(seriesCount) }
}

/** Of several sets: each label set where it comes first. */
async function merged(
  sets: readonly ChunkSeriesSet[],
  symbols: SymbolTable,
  looks: Looks,
): Promise<Rows> {
  const labels = sets.map((set) => set.labels)
  const { sourceAt, beginsRow, rowCount } = await LabelWalk.through(labels, symbols, looks)
  const rows = {
    count: rowCount,
    sets: new Uint32Array(rowCount),
    series: new Uint32Array(rowCount),
  }
  const next = new Uint32Array(sets.length)
  let row = 0
  await looks.inTurns(sourceAt.length, (from, to) => {
    for (let step = from; step < to; step++) {
      const set = sourceAt[step] ?? 0
      const series = next[set] ?? 0
      next[set] = series + 1
      if (beginsRow[step] === 0) continue
      rows.sets[row] = set
      rows.series[row++] = series
    }
  })
  return rows
}

/** Counted name by name, so that rows of one name stay in their order. */
function groupedByName(
  { count, ...rows }: Rows,
  found: readonly ChunkSeriesSet[],
  symbols: SymbolTable,
  looks: Looks,
): NamedRows {
  const nameId = symbols.intern(metricNameLabel)
  const names = new Uint32Array(count)
  const sizes = new Map<number, number>()
  for (let row = 0; row < count; row++) {
    looks.item()
    const set = found[rows.sets[row] ?? 0]
    const name = set === undefined ? noName : nameOf(set, rows.series[row] ?? 0, nameId)
    names[row] = name
    if (name !== noName) sizes.set(name, (sizes.get(name) ?? 0) + 1)
  }
  const texts = [...sizes.keys()].map((id) => ({ id, text: symbols.text(id) }))
  const next = new Map<number, number>()
  let total = 0
  for (const { id, text } of texts.sort((a, b) => compareBytes(a.text, b.text))) {
    // Upstream takes a label without a value for none.
    if (text === '') continue
    next.set(id, total)
    total += sizes.get(id) ?? 0
  }
  const grouped = {
    count: total,
    sets: new Uint32Array(total),
    series: new Uint32Array(total),
    names: new Uint32Array(total),
  }
  for (let row = 0; row < count; row++) {
    looks.item()
    const name = names[row] ?? noName
    const to = next.get(name)
    if (to === undefined) continue
    next.set(name, to + 1)
    grouped.sets[to] = rows.sets[row] ?? 0
    grouped.series[to] = rows.series[row] ?? 0
    grouped.names[to] = name
  }
  return grouped
}

/** No symbol's id. */
const noName = 0xffffffff

function nameOf(
  { labels: { offsets, labelIds } }: ChunkSeriesSet,
  series: number,
  nameId: number,
): number {
  const end = offsets[series + 1] ?? 0
  for (let at = offsets[series] ?? 0; at < end; at += 2) {
    if (labelIds[at] === nameId) return labelIds[at + 1] ?? noName
  }
  return noName
}
