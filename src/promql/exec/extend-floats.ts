import type { GrowingColumns } from '../../model/growing-columns.ts'
import { type Edges, edgeSamples, leftValue, rightValue } from '../functions/extended-rate.ts'

/**
 * Makes of the first `count` floats of the columns those of a range vector that is the answer: the
 * samples within the range, and one at each edge (rows Q2.9, Q2.10). Answers how many there are.
 */
export function extendFloats(
  columns: GrowingColumns,
  count: number,
  startMs: number,
  endMs: number,
  edges: Edges,
): number {
  const { timestampsMs, values } = columns
  if (count === 0) return 0
  const found = edgeSamples(timestampsMs, 0, count, startMs, endMs, edges)
  if (found === undefined) return 0
  const { first, last } = found
  const left = leftValue(timestampsMs, values, first, startMs, edges, false)
  const right = rightValue(timestampsMs, values, { low: 0, last }, endMs, edges, false)
  const from = (timestampsMs[first] ?? 0) <= startMs ? first + 1 : first
  const to = (timestampsMs[last] ?? 0) >= endMs ? last : last + 1
  const inner = Math.max(to - from, 0)
  columns.grow(count + 2)
  columns.timestampsMs.copyWithin(1, from, from + inner)
  columns.values.copyWithin(1, from, from + inner)
  columns.timestampsMs[0] = startMs
  columns.values[0] = left
  columns.timestampsMs[inner + 1] = endMs
  columns.values[inner + 1] = right
  return inner + 2
}
