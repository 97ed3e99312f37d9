import type { NativeHistogram } from '../model/histogram.ts'

/** A metric family as it is exposed (upstream's io.prometheus.client.MetricFamily). */
export interface MetricFamily {
  readonly name: string
  readonly help?: string
  readonly type: FamilyType
  readonly metrics: readonly ExposedMetric[]
}

export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'summary'
  | 'untyped'
  | 'histogram'
  | 'gauge-histogram'

/** One series, or all of a summary or histogram. What it has is told by the type of its family. */
export interface ExposedMetric {
  /** In the order in which they are written. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly timestampMs?: number
  readonly value?: number
  readonly summary?: ExposedSummary
  readonly histogram?: ExposedHistogram
  /** Exposed in protobuf only. */
  readonly native?: NativeHistogram
}

export interface ExposedSummary {
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly (readonly [quantile: number, value: number])[]
}

/** A classic histogram; the bucket of +Inf may be left out. */
export interface ExposedHistogram {
  readonly count: number
  readonly sum: number
  /** Whether its counts need not be whole. */
  readonly isFloat: boolean
  readonly buckets: readonly (readonly [upperBound: number, cumulativeCount: number])[]
}
