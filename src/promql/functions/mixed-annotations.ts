import { resetHint } from '../../model/histogram.ts'
import { combined } from '../histogram/arithmetic.ts'
import type { WindowTeller } from './mixed-window.ts'

/** Upstream's texts about windows that hold native histograms (rows Q10.2 to Q10.6). */
export function warnMixedKinds(tell: WindowTeller): void {
  tell.warn(`encountered a mix of histograms and floats for metric name ${tell.metric}`)
}

export function warnMixedSchemas(tell: WindowTeller): void {
  tell.warn(mixedSchemas(tell.metric))
}

/** `metric` is quoted. */
export function mixedSchemas(metric: string): string {
  return (
    'vector contains a mix of histograms with exponential and custom buckets schemas for metric ' +
    `name ${metric}`
  )
}

export function warnHistogramNotCounter(tell: WindowTeller): void {
  tell.warn(`this native histogram metric is not a counter: ${tell.metric}`)
}

export function warnHistogramNotGauge(tell: WindowTeller): void {
  tell.warn(`this native histogram metric is not a gauge: ${tell.metric}`)
}

export function mismatchedBounds(operation: 'addition' | 'subtraction' | 'aggregation'): string {
  return `mismatched custom buckets were reconciled during ${operation}`
}

export function conflictingResets(operation: 'addition' | 'subtraction' | 'aggregation'): string {
  return `conflicting counter resets during histogram ${operation}`
}

/** Whether among hints, each as 1 << hint, one says reset and another not. */
export function hasConflict(hints: number): boolean {
  return (hints & (1 << resetHint.reset)) !== 0 && (hints & (1 << resetHint.notReset)) !== 0
}

/** Tells what came of an addition or subtraction; false where the two cannot be combined. */
export function tellCombined(
  bits: number,
  operation: 'addition' | 'subtraction',
  tell: WindowTeller,
): boolean {
  if ((bits & combined.incompatible) !== 0) {
    warnMixedSchemas(tell)
    return false
  }
  if ((bits & combined.boundsReconciled) !== 0) tell.info(mismatchedBounds(operation))
  return true
}
