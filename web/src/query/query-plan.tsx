import { useQuery } from '@tanstack/react-query'
import { fetchApi } from '../api/fetch-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import styles from './query-plan.module.css'
import { parametersOf, type QueryRequest } from './query-request.ts'

/** An operator of /api/v1/narthex/explain; figures are there for those that ran by themselves. */
interface PlanOperator {
  readonly operator: string
  readonly seconds?: number
  readonly ownSeconds?: number
  readonly series?: number
  readonly samples?: number
  readonly samplesLookedAt?: number
  readonly peakBytes?: number
  readonly children: readonly PlanOperator[]
}

interface QueryPlanProps {
  readonly request: QueryRequest
  readonly runId: number
}

/** The operators of a query, which runs once more for that, and what each of them did. */
export function QueryPlan({ request, runId }: QueryPlanProps) {
  const { data, error } = useQuery({
    queryKey: ['plan', request, runId],
    queryFn: ({ signal }) =>
      fetchApi<{ readonly plan: PlanOperator }>({
        path: 'narthex/explain',
        parameters: { ...parametersOf(request), analyze: 'true' },
        method: 'POST',
        signal,
      }),
  })
  if (error !== null) return <ErrorNotice error={error} />
  if (data === undefined) return null
  const rows = rowsOf(data.data.plan, 0)
  return (
    <div className={styles.plan}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Operator</th>
            {['Time', 'Own', 'Series', 'Samples', 'Looked at', 'Memory'].map((title) => (
              <th key={title} scope="col" className={styles.number}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, depth, key }) => (
            <tr key={key}>
              <th scope="row" style={{ paddingInlineStart: `${depth * 1.25 + 0.5}rem` }}>
                {node.operator}
              </th>
              <td className={styles.number}>{msText(node.seconds)}</td>
              <td className={styles.number}>{msText(node.ownSeconds)}</td>
              <td className={styles.number}>{node.series?.toLocaleString('en')}</td>
              <td className={styles.number}>{node.samples?.toLocaleString('en')}</td>
              <td className={styles.number}>{node.samplesLookedAt?.toLocaleString('en')}</td>
              <td className={styles.number}>{bytesText(node.peakBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface PlanRow {
  readonly node: PlanOperator
  readonly depth: number
  readonly key: string
}

function rowsOf(node: PlanOperator, depth: number, key = '0'): readonly PlanRow[] {
  const below = node.children.flatMap((child, at) => rowsOf(child, depth + 1, `${key}.${at}`))
  return [{ node, depth, key }, ...below]
}

function msText(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${(seconds * 1000).toFixed(2)} ms`
}

function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return ''
  return bytes < 1 << 20
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / (1 << 20)).toFixed(1)} MiB`
}
