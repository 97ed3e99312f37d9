import { assert } from '../../base/assert.ts'
import { NarthexError } from '../../base/errors.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import type { ArithmeticOp, ComparisonOp } from '../parse/ast.ts'
import { arithmetic, comparison } from '../plan/arithmetic.ts'
import type { BinaryNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { type CellResult, HistogramPairs } from './histogram-pairs.ts'
import {
  filterRow,
  type HistogramChange,
  MapRows,
  mapWithScalar,
  type RowChange,
} from './map-rows.ts'
import type { Operator } from './operator.ts'
import { scalarFrom } from './scalars.ts'
import type { TimeAxis } from './step-batch.ts'

export function isArithmetic(op: string): op is ArithmeticOp {
  return op in arithmetic
}

export function isComparison(op: string): op is ComparisonOp {
  return op in comparison
}

/** scalar OP scalar: comparisons answer 0 or 1 (the parser demands `bool`). */
export function scalarBinary(
  evaluation: Evaluation,
  axis: TimeAxis,
  node: BinaryNode,
  left: Operator,
  right: Operator,
): Operator {
  const { op } = node
  if (isArithmetic(op)) return scalarFrom(evaluation, axis, [left, right], arithmetic[op])
  if (op === '>/' || op === '</') {
    const text = `operator "${op}" not allowed for Scalar operations`
    throw new NarthexError('QUERY_EXECUTION', text)
  }
  assert(isComparison(op), `operator ${op} between scalars`)
  const holds = comparison[op]
  return scalarFrom(evaluation, axis, [left, right], (a = 0, b = 0) => (holds(a, b) ? 1 : 0))
}

/**
 * vector OP scalar and scalar OP vector (rows Q3.1, Q3.3, Q3.5, Q3.11). A comparison without `bool` filters and
 * keeps the vector's value and name, on whichever side it stands.
 */
export function vectorScalarBinary(
  evaluation: Evaluation,
  axis: TimeAxis,
  node: BinaryNode,
  vector: Operator,
  scalar: Operator,
  vectorIsLeft: boolean,
): Operator {
  const { op, returnBool } = node
  const names = isArithmetic(op) || returnBool ? 'dropped' : 'kept'
  const pairs = new HistogramPairs(evaluation.annotations, node, axis.steps)
  const change = rowChange(pairs, node, vectorIsLeft)
  const histogramChange = new WithScalar(pairs, vectorIsLeft)
  return new MapRows(evaluation, axis, vector, [scalar], names, change, histogramChange)
}

/** Combines histograms with the scalar. */
class WithScalar implements HistogramChange {
  readonly #pairs: HistogramPairs
  readonly #vectorIsLeft: boolean

  constructor(pairs: HistogramPairs, vectorIsLeft: boolean) {
    this.#pairs = pairs
    this.#vectorIsLeft = vectorIsLeft
  }

  get value(): number {
    return this.#pairs.value
  }

  get histogram(): NativeHistogram {
    return this.#pairs.histogram
  }

  change(histogram: NativeHistogram, step: number, [scalars]: readonly Float64Array[]): CellResult {
    const number = scalars?.[step] ?? 0
    return this.#vectorIsLeft
      ? this.#pairs.combine(histogram, number, step)
      : this.#pairs.combine(number, histogram, step)
  }

  finish(): void {
    this.#pairs.finish()
  }
}

function rowChange(pairs: HistogramPairs, node: BinaryNode, vectorIsLeft: boolean): RowChange {
  const { op, returnBool } = node
  if (isArithmetic(op)) {
    const compute = arithmetic[op]
    return mapWithScalar(vectorIsLeft ? compute : (value, scalar) => compute(scalar, value))
  }
  if (isComparison(op)) {
    const compare = comparison[op]
    const holds = vectorIsLeft ? compare : (value: number, scalar: number) => compare(scalar, value)
    if (returnBool) return mapWithScalar((value, scalar) => (holds(value, scalar) ? 1 : 0))
    return (batch, row, params) =>
      filterRow(batch, row, (value, step) => holds(value, params[0]?.[step] ?? 0))
  }
  // Histogram trims: a float on their left has no answer (row Q3.5).
  return (batch, row) =>
    filterRow(batch, row, (value, step) => {
      pairs.combine(value, value, step)
      return false
    })
}
