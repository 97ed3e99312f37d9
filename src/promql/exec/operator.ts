import type { LabelColumns } from '../../storage/querier.ts'
import type { PlanNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import type { StepBatch, TimeAxis } from './step-batch.ts'

/**
 * The series that an operator's batches carry, in their order. A series may turn out to have no
 * sample at all; it then does not exist for whoever reads the answer.
 */
export interface SeriesTable {
  readonly count: number
  readonly labels: LabelColumns
  /**
   * 1 where __name__, __type__ and __unit__ are still in the label set but go at the very end
   * (delayed name removal, row Q9.3); all 0 when names are removed at once.
   */
  readonly nameDropped: Uint8Array
  /** Nothing that follows from it is kept for the next evaluation: it holds on to what was found. */
  readonly isPassing?: true
}

/**
 * One step of a running query, pulled from the root. series() is called once, before the first
 * next(); next() answers batches with the series in order, then undefined. The receiver of a batch
 * may change it; it is valid until the next call of next(). A scalar is one series without labels
 * that is present at every step.
 */
export interface Operator {
  series(): Promise<SeriesTable>
  next(): Promise<StepBatch | undefined>
}

/** exec/build.ts' buildOperator, handed to those that build their own arguments. */
export type BuildOperator = (evaluation: Evaluation, node: PlanNode, axis: TimeAxis) => Operator
