import { compareBytes } from '../model/byte-order.ts'
import { goG } from '../model/float-text.ts'
import { metricNameLabel } from '../model/labels.ts'
import type { SentMetadata, SentSeries } from '../wire/written-request.ts'
import type { FamilyType, TextFamily, TextMetric } from './text-family.ts'

/** The numbers of both remote-write messages. */
const typeNumbers: Readonly<Record<FamilyType, number>> = {
  untyped: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  gauge_histogram: 4,
  summary: 5,
}

/**
 * The series of a page as `push metrics` sends them (row F5.8): `extra` labels below their own, but
 * `job`, which is the pusher's; the time of those that have none is `nowMs`.
 */
export function pushedSeries(
  families: readonly TextFamily[],
  extra: ReadonlyMap<string, string>,
  nowMs: number,
): readonly SentSeries[] {
  return families.flatMap(({ name, help = '', type, metrics }) => {
    const metadata: SentMetadata = { family: name, type: typeNumbers[type], help }
    return metrics.flatMap((metric) => {
      const own = metric.labels.map(
        ([label, value]) => [label === 'job' ? 'exported_job' : label, value] as const,
      )
      const labels = new Map([...extra, ...own])
      const timestampMs =
        metric.timestampMs === undefined || metric.timestampMs === 0 ? nowMs : metric.timestampMs
      return partsOf(type, metric).map(({ suffix, point, value }) => ({
        labels: sorted(new Map([...labels, ...point, [metricNameLabel, `${name}${suffix}`]])),
        timestampMs,
        value,
        metadata,
      }))
    })
  })
}

interface Part {
  readonly suffix: '' | '_bucket' | '_sum' | '_count'
  /** `le` or `quantile`. */
  readonly point: readonly (readonly [name: string, value: string])[]
  readonly value: number
}

function partsOf(type: FamilyType, metric: TextMetric): readonly Part[] {
  const { value, sum, count, points } = metric
  const totals: readonly Part[] = [
    { suffix: '_sum', point: [], value: sum },
    { suffix: '_count', point: [], value: count },
  ]
  const pointsOf = (label: 'le' | 'quantile', suffix: Part['suffix']) =>
    points.map(([bound, own]) => ({
      suffix,
      point: [[label, goG(bound)] as const],
      value: own,
    }))
  if (type === 'summary') return [...pointsOf('quantile', ''), ...totals]
  if (type !== 'histogram' && type !== 'gauge_histogram') return [{ suffix: '', point: [], value }]
  const buckets = pointsOf('le', '_bucket')
  const isWhole = points.some(([bound]) => bound === Number.POSITIVE_INFINITY)
  const last: Part = { suffix: '_bucket', point: [['le', '+Inf']], value: count }
  return [...buckets, ...(isWhole ? [] : [last]), ...totals]
}

function sorted(labels: ReadonlyMap<string, string>): SentSeries['labels'] {
  return [...labels].sort(([a], [b]) => compareBytes(a, b))
}
