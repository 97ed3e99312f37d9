import { goG } from '../../model/float-text.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { Span } from '../parse/ast.ts'

/** Whom annotations are told; exec/annotations.ts is one. */
export interface Teller {
  /** Whether __type__, not the name, tells what a counter is. */
  readonly typeAndUnitLabels: boolean
  warn(text: string, span: Span): void
  info(text: string, span: Span): void
}

/** rate and increase of what is not named, or not typed, as a counter (row Q10.5). */
export function warnNotCounter(
  teller: Teller,
  span: Span,
  _params: readonly Float64Array[],
  labelOf: (name: string) => string,
): void {
  const metric = labelOf('__name__')
  if (metric === '') return
  if (teller.typeAndUnitLabels) {
    const type = labelOf('__type__')
    if (type === 'counter' || type === 'histogram') return
    teller.info(
      'metric might not be a counter, __type__ label is not set to "counter" or "histogram", ' +
        `got ${goQuote(type)}: ${goQuote(metric)}`,
      span,
    )
  } else if (!/(?:_total|_sum|_count|_bucket)$/.test(metric)) {
    teller.info(
      'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ' +
        goQuote(metric),
      span,
    )
  }
}

export function warnQuantile(teller: Teller, span: Span, params: readonly Float64Array[]): void {
  for (const share of params[0] ?? []) {
    if (!(share >= 0 && share <= 1)) teller.warn(invalidQuantile(share), span)
  }
}

export function invalidQuantile(share: number): string {
  return `quantile value should be between 0 and 1, got ${goG(share)}`
}
