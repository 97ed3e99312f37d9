import { basePath } from '../shell/base-path.ts'
import styles from './rules.module.css'

/** An expression that opens on the query page. */
export function QueryLink({ query }: { query: string }) {
  const search = new URLSearchParams({ 'g0.expr': query, 'g0.tab': 'table' })
  return (
    <a className={styles.query} href={`${basePath}query?${search}`} title="Open as a query">
      {query}
    </a>
  )
}
