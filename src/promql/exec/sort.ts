import { compareBytes } from '../../model/byte-order.ts'
import { sortedByLabels } from '../../storage/label-order.ts'
import type { Evaluation } from './evaluation.ts'
import { isHistogram } from './histogram-cells.ts'
import { labelValue } from './label-editor.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { patternDefeatingSort } from './pattern-defeating-sort.ts'
import { reordered } from './reordered.ts'
import { isPresent, type StepBatch } from './step-batch.ts'

/** Orders the present series of a matrix of one step. */
export type SeriesOrder = (
  held: HeldMatrix,
  series: readonly number[],
  evaluation: Evaluation,
) => Promise<Int32Array>

/** sort, sort_desc, sort_by_label and its twin at one step (rows Q8.3, Q8.4). */
export class SortSeries implements Operator {
  #reader: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly child: Operator,
    readonly order: SeriesOrder,
  ) {}

  async series(): Promise<SeriesTable> {
    const table = await this.child.series()
    const held = await HeldMatrix.from(this.evaluation, this.child, table, 1)
    const present: number[] = []
    for (let series = 0; series < table.count; series++) {
      const over = this.evaluation.looks.turn()
      if (over !== undefined) await over
      if (isPresent(held.present, series * held.words, 0)) present.push(series)
    }
    const order = await this.order(held, present, this.evaluation)
    const sorted = await reordered(this.evaluation, held, order)
    held.release()
    this.#reader = new MatrixReader(this.evaluation, sorted)
    return sorted.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }
}

/** Floats by value with NaN last, histograms left out; equals as upstream has them. */
export function byValue(sign: 1 | -1): SeriesOrder {
  return async (held, series, { looks }) => {
    const present: number[] = []
    for (const at of series) {
      const over = looks.turn()
      if (over !== undefined) await over
      if (!isHistogram(held, at, 0)) present.push(at)
    }
    const floats = Int32Array.from(present)
    const goesBefore = (left: number, right: number) => {
      looks.item()
      const a = held.values[left] ?? 0
      const b = held.values[right] ?? 0
      return Number.isNaN(b) || (sign === 1 ? a < b : a > b)
    }
    await patternDefeatingSort(floats, goesBefore, looks)
    return floats
  }
}

/**
 * By the values of labels in natural order, then by the whole label set. Upstream takes a label that
 * is not there for later than any, and any for later than it: what comes of that is its sorting's.
 */
export function byLabels(names: readonly string[], sign: 1 | -1): SeriesOrder {
  return async (held, series, evaluation) => {
    const { looks, symbols } = evaluation
    const { labels } = held.table
    const ids = names.map((name) => symbols.intern(name))
    const keyOf = new Map<number, readonly string[]>()
    for (const at of series) {
      const over = looks.turn()
      if (over !== undefined) await over
      const key = ids.map((id) => labelValue(labels, at, id, symbols))
      keyOf.set(at, key)
    }
    const places = await labelPlaces(held, evaluation)
    const sorted = Int32Array.from(series)
    const goesBefore = (left: number, right: number) => {
      looks.item()
      const order = compareKeys(keyOf.get(left) ?? [], keyOf.get(right) ?? [])
      return sign * (order || (places[left] ?? 0) - (places[right] ?? 0)) < 0
    }
    await patternDefeatingSort(sorted, goesBefore, looks)
    return sorted
  }
}

function compareKeys(left: readonly string[], right: readonly string[]): number {
  for (const [place, text] of left.entries()) {
    const other = right[place] ?? ''
    if (text !== other) return precedesNaturally(text, other) ? -1 : 1
  }
  return 0
}

/** Runs of digits compare as numbers, everything else by bytes; an empty text precedes none, and follows none. */
function precedesNaturally(left: string, right: string): boolean {
  const a = left.match(/\d+|\D+/g) ?? []
  const b = right.match(/\d+|\D+/g) ?? []
  for (const [place, chunk] of a.entries()) {
    const other = b[place]
    if (other === undefined) return false
    const [number, otherNumber] = [digitsOf(chunk), digitsOf(other)]
    const areNumbers = number !== undefined && otherNumber !== undefined
    if (areNumbers ? number !== otherNumber : chunk !== other) {
      if (!areNumbers) return compareBytes(chunk, other) < 0
      return (
        number.length < otherNumber.length ||
        (number.length === otherNumber.length && number < otherNumber)
      )
    }
    if (place === a.length - 1) return true
    if (place === b.length - 1) return false
  }
  return false
}

/** Of a number that fits 64 bits, without zeros before it; undefined of anything else. */
function digitsOf(chunk: string): string | undefined {
  if (!/^\d/.test(chunk)) return undefined
  const digits = chunk.replace(/^0+(?=\d)/, '')
  const fits =
    digits.length < largest.length || (digits.length === largest.length && digits <= largest)
  return fits ? digits : undefined
}

const largest = '9223372036854775807'

async function labelPlaces(
  { table }: HeldMatrix,
  { looks, symbols }: Evaluation,
): Promise<Uint32Array> {
  const order = await sortedByLabels(table.labels, table.count, symbols, looks)
  const places = new Uint32Array(order.length)
  for (let place = 0; place < order.length; place++) {
    const over = looks.turn()
    if (over !== undefined) await over
    places[order[place] ?? 0] = place
  }
  return places
}
