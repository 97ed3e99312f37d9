/** The types that the text format knows; gauge_histogram may be written gaugehistogram, too. */
export const familyTypes = [
  'counter',
  'gauge',
  'summary',
  'untyped',
  'histogram',
  'gauge_histogram',
] as const

export type FamilyType = (typeof familyTypes)[number]

/** What the lines of one name and type say together. */
export interface TextFamily {
  readonly name: string
  readonly help: string | undefined
  readonly type: FamilyType
  /** In the order of the page; there is at least one. */
  readonly metrics: readonly TextMetric[]
}

/** A series; of histograms and summaries all lines with the same other labels. */
export interface TextMetric {
  /** In the order of the line, without `le` and `quantile` where the type has them. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** As the last line says. */
  readonly timestampMs: number | undefined
  /** Of types with one value. */
  readonly value: number
  readonly sum: number
  readonly count: number
  /** Buckets or quantiles with their bounds, in the order of the page. */
  readonly points: readonly (readonly [bound: number, value: number])[]
}

/** Of which a metric is more than one line, told apart by a label of that name. */
export function pointLabelOf(type: FamilyType | undefined): 'le' | 'quantile' | undefined {
  if (type === 'summary') return 'quantile'
  return type === 'histogram' || type === 'gauge_histogram' ? 'le' : undefined
}
