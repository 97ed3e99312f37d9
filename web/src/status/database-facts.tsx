import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import { Facts } from './facts.tsx'
import styles from './status.module.css'

interface NamedCount {
  readonly name: string
  readonly value: number
}

/** Of /api/v1/status/tsdb; times are in milliseconds, and say nothing where there are no series. */
interface DatabaseData {
  readonly headStats: {
    readonly numSeries: number
    readonly numLabelPairs: number
    readonly chunkCount: number
    readonly minTime: number
    readonly maxTime: number
  }
  readonly seriesCountByMetricName: readonly NamedCount[]
  readonly labelValueCountByLabelName: readonly NamedCount[]
  readonly memoryInBytesByLabelName: readonly NamedCount[]
  readonly seriesCountByLabelValuePair: readonly NamedCount[]
}

/** What the head of the database holds, and most of. */
export function DatabaseFacts() {
  const { data, error } = useApi<DatabaseData>('status/tsdb', 10_000)
  return (
    <>
      <h2 className={styles.title}>Database</h2>
      {error !== null && <ErrorNotice error={error} />}
      <div className={styles.columns}>
        <Facts title="Head" values={data === undefined ? undefined : headFacts(data)} />
        {data !== undefined && (
          <>
            <Most title="Series by metric" of={data.seriesCountByMetricName} />
            <Most title="Series by label and value" of={data.seriesCountByLabelValuePair} />
            <Most title="Values by label" of={data.labelValueCountByLabelName} />
            <Most title="Bytes of values by label" of={data.memoryInBytesByLabelName} />
          </>
        )}
      </div>
    </>
  )
}

function headFacts({ headStats }: DatabaseData): Readonly<Record<string, string | number>> {
  const { numSeries, numLabelPairs, chunkCount, minTime, maxTime } = headStats
  const counts = { series: numSeries, chunks: chunkCount, 'label pairs': numLabelPairs }
  if (numSeries === 0) return counts
  return {
    ...counts,
    'first sample': new Date(minTime).toISOString(),
    'last sample': new Date(maxTime).toISOString(),
  }
}

function Most({ title, of }: { title: string; of: readonly NamedCount[] }) {
  return (
    <section className={styles.card} aria-label={title}>
      <h2>{title}</h2>
      <dl className={`${styles.facts} ${styles.most}`}>
        {of.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value.toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
