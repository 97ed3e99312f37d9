export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown'

export interface MetricMetadata {
  readonly type: MetricType
  readonly help: string
  readonly unit: string
}

/** Metadata by metric family, as the targets last told it; several targets may disagree. */
export interface MetadataSource {
  /** Calls once for each distinct (family, metadata); stops when `visit` answers false. */
  eachMetadata(visit: (family: string, metadata: MetricMetadata) => boolean): void
}
