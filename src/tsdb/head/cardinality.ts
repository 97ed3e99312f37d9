import { compareBytes } from '../../model/byte-order.ts'
import { metricNameLabel } from '../../model/labels.ts'
import type { Cardinality, Statistic } from '../../storage/statistics.ts'
import type { Head } from './head.ts'
import { TopCounts } from './top-counts.ts'

/** Pairs looked at between two looks at the clock. */
const pairsPerStep = 4_096

/** Of one label name. */
interface NameTotals {
  values: number
  bytes: number
}

/**
 * One pass over the label pairs, and another where some ended meanwhile; `turn` is awaited between
 * steps.
 */
export async function cardinalityOf(
  head: Head,
  limit: number,
  turn: () => Promise<void> | undefined,
): Promise<Cardinality> {
  const { labelClock } = head.memory
  for (;;) {
    const { epoch } = labelClock
    const counted = await countedPairs(head, limit, turn)
    // In one step: no number is another's by then.
    if (labelClock.epoch === epoch) return counted()
  }
}

/** What the pass found, whose answer is made of it when it is asked for. */
async function countedPairs(
  head: Head,
  limit: number,
  turn: () => Promise<void> | undefined,
): Promise<() => Cardinality> {
  const { index, symbols } = head.memory
  const names = new Map<number, NameTotals>()
  const metrics = new TopCounts(limit)
  const pairs = new TopCounts(limit)
  const metricName = symbols.find(metricNameLabel)
  let labelPairs = 0
  for (let pair = 0; pair < index.pairCount; pair++) {
    if (pair % pairsPerStep === 0) await turn()
    const series = index.lengthOfPair(pair)
    if (series === 0) continue
    labelPairs++
    const name = index.nameOfPair(pair)
    const value = index.valueOfPair(pair)
    const totals = totalsOf(names, name)
    totals.values++
    totals.bytes += series * (encodedBytes(head, name) + encodedBytes(head, value))
    if (name === metricName) metrics.add(value, series)
    pairs.add(pair, series)
  }
  const text = (symbol: number) => symbols.columns.text(symbol)
  const pairText = (pair: number) =>
    `${text(index.nameOfPair(pair))}=${text(index.valueOfPair(pair))}`
  return () => ({
    labelPairs,
    seriesByMetricName: statistics(metrics, text),
    valuesByLabelName: statistics(
      topOf(names, limit, ({ values }) => values),
      text,
    ),
    bytesByLabelName: statistics(
      topOf(names, limit, ({ bytes }) => bytes),
      text,
    ),
    seriesByLabelPair: statistics(pairs, pairText),
  })
}

function totalsOf(names: Map<number, NameTotals>, name: number): NameTotals {
  const known = names.get(name)
  if (known !== undefined) return known
  const totals = { values: 0, bytes: 0 }
  names.set(name, totals)
  return totals
}

/** A text and its length, as upstream counts them (model/labels/labels_stringlabels.go). */
function encodedBytes(head: Head, symbol: number): number {
  const length = head.memory.symbols.columns.lengthOf(symbol)
  return length + (length < 255 ? 1 : 4)
}

function topOf(
  names: ReadonlyMap<number, NameTotals>,
  limit: number,
  countOf: (totals: NameTotals) => number,
): TopCounts {
  const top = new TopCounts(limit)
  for (const [name, totals] of names) top.add(name, countOf(totals))
  return top
}

function statistics(top: TopCounts, text: (id: number) => string): readonly Statistic[] {
  return top
    .entries()
    .map(({ id, count }) => ({ name: text(id), value: count }))
    .sort((a, b) => b.value - a.value || compareBytes(a.name, b.name))
}
