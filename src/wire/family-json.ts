import type { ExposedMetric, FamilyType, MetricFamily } from './metric-family.ts'

/** Fields of io.prometheus.client.Metric by type. */
const valueFields: Readonly<Partial<Record<FamilyType, string>>> = {
  counter: 'counter',
  gauge: 'gauge',
  untyped: 'untyped',
}

/** A family in protobuf's JSON (row A6.7): integers of 64 bits are texts. */
export function familyJson({ name, help, type, metrics }: MetricFamily): object {
  return {
    name,
    ...(help === undefined ? {} : { help }),
    type: type.toUpperCase().replace('-', '_'),
    metric: metrics.map((metric) => metricJson(metric, type)),
  }
}

function metricJson({ labels, value, summary, histogram }: ExposedMetric, type: FamilyType) {
  const field = valueFields[type]
  return {
    ...(labels.length === 0
      ? {}
      : { label: labels.map(([name, text]) => ({ name, value: text })) }),
    ...(field === undefined ? {} : { [field]: { value: numberJson(value ?? 0) } }),
    ...(summary === undefined
      ? {}
      : {
          summary: {
            sampleCount: String(summary.count),
            sampleSum: numberJson(summary.sum),
            quantile: summary.quantiles.map(([quantile, at]) => ({
              quantile,
              value: numberJson(at),
            })),
          },
        }),
    ...(histogram === undefined
      ? {}
      : {
          histogram: {
            sampleCount: String(histogram.count),
            sampleSum: numberJson(histogram.sum),
            bucket: histogram.buckets.map(([upperBound, count]) => ({
              cumulativeCount: String(count),
              upperBound: numberJson(upperBound),
            })),
          },
        }),
  }
}

/** JSON has no numbers for these. */
function numberJson(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  return value === Number.NEGATIVE_INFINITY ? '-Infinity' : value
}
