import { NarthexError } from '../../base/errors.ts'
import { xxhash64 } from '../../base/xxhash64.ts'
import { goG } from '../../model/float-text.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'
import type { AggregateNode } from '../plan/node.ts'
import { groupSeries } from './aggregate.ts'
import { chosenInOrder, membersOf } from './aggregate-k.ts'
import { BestOf } from './best-of.ts'
import type { Evaluation } from './evaluation.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { scalarRow } from './scalar-row.ts'
import { clearPresent, type StepBatch, type TimeAxis } from './step-batch.ts'

/**
 * limit_ratio (row Q4.7): about that share of the series, the same ones for the same label sets;
 * a negative ratio r is what 1 + r leaves out. Groups make no difference to which, but at one step they
 * come group by group, as upstream's heaps have them; over many steps series pass through and lose
 * those at which they are not among them.
 */
export class AggregateRatio implements Operator {
  #ratios: Float64Array = new Float64Array(0)
  #offsets: Float64Array = new Float64Array(0)
  #reader: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: AggregateNode,
    readonly param: Operator,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {}

  async series(): Promise<SeriesTable> {
    this.#ratios = this.#checked(await scalarRow(this.param, this.axis.steps))
    const table = await this.child.series()
    this.#offsets = await offsetsOf(table, this.evaluation)
    if (this.axis.steps !== 1) return table
    const chosen = await this.#chosenAtOneStep(table)
    this.#reader = new MatrixReader(this.evaluation, chosen)
    return chosen.table
  }

  async #chosenAtOneStep(table: SeriesTable): Promise<HeldMatrix> {
    const { evaluation, node, child } = this
    const { looks } = evaluation
    const held = await HeldMatrix.from(evaluation, child, table, 1)
    const groups = await groupSeries(evaluation, node, table)
    const { lists } = await membersOf(groups, held, looks)
    const ratio = this.#ratios[0] ?? 0
    const isAmong = looks.each((series: number) => isChosen(ratio, this.#offsets[series] ?? 0))
    const among = lists.map((list) => list.filter(isAmong))
    const best = new BestOf(held, node.op, looks)
    const chosen = await chosenInOrder(evaluation, held, among, best, Number.POSITIVE_INFINITY)
    held.release()
    return chosen
  }

  async next(): Promise<StepBatch | undefined> {
    if (this.#reader !== undefined) return this.#reader.next()
    const batch = await this.child.next()
    if (batch === undefined) return undefined
    for (let row = 0; row < batch.rows; row++) {
      const offset = this.#offsets[batch.first + row] ?? 0
      for (let step = 0; step < batch.steps; step++) {
        if (!isChosen(this.#ratios[step] ?? 0, offset)) {
          clearPresent(batch.present, row * batch.words, step)
        }
      }
    }
    await this.evaluation.control.checkpoint()
    return batch
  }

  #checked(ratios: Float64Array): Float64Array {
    if (ratios.some(Number.isNaN)) throw new NarthexError('QUERY_EXECUTION', 'Ratio value is NaN')
    const most = ratios.reduce((one, other) => Math.max(one, other), 0)
    const least = ratios.reduce((one, other) => Math.min(one, other), 0)
    if (most > 1) this.#warn(most, 1)
    if (least < -1) this.#warn(least, -1)
    return ratios
  }

  #warn(ratio: number, capped: number): void {
    this.evaluation.annotations.warn(
      `ratio value should be between -1 and 1, got ${goG(ratio)}, capping to ${capped}`,
      this.node.paramSpan ?? this.node.span,
    )
  }
}

/** What is beyond 1 chooses all, as 1 does. */
function isChosen(ratio: number, offset: number): boolean {
  if (ratio >= 1 || ratio <= -1) return true
  return ratio >= 0 ? offset < ratio : offset >= 1 + ratio
}

/** Where each label set lies between 0 and 1: upstream's hash of it, divided by the greatest. */
async function offsetsOf(
  { labels, count }: SeriesTable,
  { looks, symbols }: Evaluation,
): Promise<Float64Array> {
  const offsets = new Float64Array(count)
  for (let series = 0; series < count; series++) {
    const over = looks.turn()
    if (over !== undefined) await over
    offsets[series] = Number(xxhash64(hashedBytes(labels, series, symbols))) / 2 ** 64
  }
  return offsets
}

const encoder = new TextEncoder()

/** Names and values in order, each behind its length: a byte, or 255 and three of them. */
function hashedBytes(labels: LabelColumns, series: number, symbols: SymbolTable): Uint8Array {
  const parts: Uint8Array[] = []
  const end = labels.offsets[series + 1] ?? 0
  for (let at = labels.offsets[series] ?? 0; at < end; at++) {
    const text = encoder.encode(symbols.text(labels.labelIds[at] ?? 0))
    const { length } = text
    const size = length < 255 ? [length] : [255, length, length >> 8, length >> 16]
    parts.push(Uint8Array.from(size), text)
  }
  return Buffer.concat(parts)
}
