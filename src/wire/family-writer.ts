import type { ExposedMetric, MetricFamily } from './metric-family.ts'

/** Writes a page of metric families as text, part by part. */
export interface FamilyWriter {
  /** What ends the family before, and stands before the series of this one. */
  begin(family: Omit<MetricFamily, 'metrics'>): string
  /** One series of the family at hand. */
  metric(metric: ExposedMetric): string
  /** What stands behind the last family. */
  end(): string
}
