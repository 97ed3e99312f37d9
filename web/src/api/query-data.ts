import type { LabelSet } from '../series/labels.ts'

/** Unix seconds and the value as text. */
export type Sample = readonly [number, string]

/** A native histogram as the API writes it: buckets are (boundary rule, lower, upper, count). */
export interface HistogramData {
  readonly count: string
  readonly sum: string
  readonly buckets?: readonly (readonly [number, string, string, string])[]
}
export type HistogramSample = readonly [number, HistogramData]

export interface VectorItem {
  readonly metric: LabelSet
  readonly value?: Sample
  readonly histogram?: HistogramSample
}

export interface MatrixItem {
  readonly metric: LabelSet
  readonly values?: readonly Sample[]
  readonly histograms?: readonly HistogramSample[]
}

/** The data of /api/v1/query and /api/v1/query_range. */
export type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly VectorItem[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixItem[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: Sample }
