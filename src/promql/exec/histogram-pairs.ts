import { Lazy } from '../../base/lazy.ts'
import { NativeHistogram, resetHint } from '../../model/histogram.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import { equalHistograms } from '../../model/histogram-equality.ts'
import {
  addHistogram,
  combined,
  divideHistogram,
  multiplyHistogram,
  subtractHistogram,
} from '../histogram/arithmetic.ts'
import { trimHistogram } from '../histogram/trim.ts'
import type { BinaryNode } from '../plan/node.ts'
import type { Annotations } from './annotations.ts'
import { type Cells, isHistogram, loadHistogram } from './histogram-cells.ts'

/** What came of a sample or a pair: 'refused' with an annotation, 'none' where a filter says so. */
export type CellResult = 'refused' | 'none' | 'float' | 'histogram'

/** One side of an operator at one step. */
export type Operand = NativeHistogram | number

/** The sample of a present cell; a histogram is loaded into `into`. */
export function operandAt(cells: Cells, row: number, step: number, into: NativeHistogram): Operand {
  if (!isHistogram(cells, row, step)) return cells.values[row * cells.steps + step] ?? 0
  loadHistogram(cells, row, step, into)
  return into
}

/**
 * What a binary operator makes of two samples of which one or both are histograms (rows Q3.5,
 * Q3.11): where upstream has no answer, nothing and an annotation.
 */
export class HistogramPairs {
  /** The result after 'float', and after 'histogram'. */
  value = 0
  readonly #made = new Lazy(() => new NativeHistogram())
  readonly #told: LastTold

  constructor(
    annotations: Annotations,
    readonly node: BinaryNode,
    steps: number,
  ) {
    this.#told = new LastTold(annotations, node, steps)
  }

  get histogram(): NativeHistogram {
    return this.#made.value
  }

  combine(left: Operand, right: Operand, step: number): CellResult {
    if (typeof left !== 'number' && typeof right !== 'number') return this.#both(left, right, step)
    if (typeof left !== 'number') return this.#withNumber(left, Number(right), step)
    if (typeof right === 'number' || this.node.op !== '*') {
      return this.#incompatible('float', typeof right === 'number' ? 'float' : 'histogram', step)
    }
    return this.#scaled(right, left, 1)
  }

  /** To be called behind the last pair: only then is known what is told of each step. */
  finish(): void {
    this.#told.tell()
  }

  #both(left: NativeHistogram, right: NativeHistogram, step: number): CellResult {
    switch (this.node.op) {
      case '+':
        return this.#sum(left, right, step)
      case '-':
        return this.#difference(left, right, step)
      case '==':
        return this.#compared(left, equalHistograms(left, right))
      case '!=':
        return this.#compared(left, !equalHistograms(left, right))
      default:
        return this.#incompatible('histogram', 'histogram', step)
    }
  }

  #withNumber(left: NativeHistogram, right: number, step: number): CellResult {
    switch (this.node.op) {
      case '*':
        return this.#scaled(left, right, 1)
      case '/':
        return this.#scaled(left, 1, right)
      case '</':
      case '>/':
        this.histogram.copyFrom(left)
        trimHistogram(this.histogram, right, this.node.op === '</' ? 'below' : 'above')
        return 'histogram'
      default:
        return this.#incompatible('histogram', 'float', step)
    }
  }

  #scaled(histogram: NativeHistogram, factor: number, divisor: number): CellResult {
    this.histogram.copyFrom(histogram)
    if (divisor === 1) multiplyHistogram(this.histogram, factor)
    else divideHistogram(this.histogram, divisor)
    compactHistogram(this.histogram)
    return 'histogram'
  }

  #sum(left: NativeHistogram, right: NativeHistogram, step: number): CellResult {
    this.histogram.copyFrom(left)
    return this.#computed(addHistogram(this.histogram, right), 'addition', step)
  }

  #difference(left: NativeHistogram, right: NativeHistogram, step: number): CellResult {
    this.histogram.copyFrom(left)
    const told = subtractHistogram(this.histogram, right)
    this.histogram.hint = resetHint.gauge
    return this.#computed(told, 'subtraction', step)
  }

  /** Upstream drops what it warns of. */
  #computed(told: number, operation: string, step: number): CellResult {
    if ((told & combined.incompatible) !== 0) {
      const text = `incompatible bucket layout encountered for binary operator ${this.node.op}`
      this.#told.warn(step, text)
      return 'refused'
    }
    if ((told & combined.hintsConflict) !== 0) {
      this.#told.warn(step, `conflicting counter resets during histogram ${operation}`)
      return 'refused'
    }
    if ((told & combined.boundsReconciled) !== 0) {
      this.#told.info(step, `mismatched custom buckets were reconciled during ${operation}`)
    }
    compactHistogram(this.histogram)
    return 'histogram'
  }

  #compared(left: NativeHistogram, holds: boolean): CellResult {
    if (this.node.returnBool) {
      this.value = holds ? 1 : 0
      return 'float'
    }
    if (!holds) return 'none'
    this.histogram.copyFrom(left)
    return 'histogram'
  }

  #incompatible(left: string, right: string, step: number): CellResult {
    this.#told.info(step, incompatible(left, this.node.op, right))
    return 'refused'
  }
}

/** Upstream's info where an operator does not take these kinds of samples. */
function incompatible(left: string, op: string, right: string): string {
  const told = JSON.stringify(op)
  return `incompatible sample types encountered for binary operator ${told}: ${left} ${op} ${right}`
}

/** Upstream tells one thing about the pairs of a step: what happened to the last one. */
class LastTold {
  readonly #texts: string[] = []
  readonly #warnings = new Set<string>()
  /** For each step one more than the index of a text, 0 for none. */
  #ofStep: Uint8Array | undefined

  constructor(
    readonly annotations: Annotations,
    readonly node: BinaryNode,
    readonly steps: number,
  ) {}

  warn(step: number, text: string): void {
    this.#warnings.add(text)
    this.info(step, text)
  }

  info(step: number, text: string): void {
    let index = this.#texts.indexOf(text)
    if (index < 0) index = this.#texts.push(text) - 1
    this.#ofStep ??= new Uint8Array(this.steps)
    this.#ofStep[step] = index + 1
  }

  tell(): void {
    const { annotations, node } = this
    if (this.#texts.length === 0) return
    const told = new Set(this.#ofStep)
    this.#texts.forEach((text, index) => {
      if (!told.has(index + 1)) return
      if (this.#warnings.has(text)) annotations.warn(text, node.span)
      else annotations.info(text, node.span)
    })
  }
}
