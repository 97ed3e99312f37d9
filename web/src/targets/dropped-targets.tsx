import { IconChevronRight } from '@tabler/icons-react'
import { useApi } from '../api/use-api.ts'
import { type DroppedPool, type DroppedTargetsData, droppedPoolsOf } from './dropped-data.ts'
import { LabelChips } from './label-chips.tsx'
import styles from './pool-section.module.css'

const refreshMs = 15_000
/** More are a matter for the search. */
const shownMax = 50

/** What discovery has found and relabeling has dropped: why a target is not among those scraped. */
export function DroppedTargets({ search }: { search: string }) {
  const { data } = useApi<DroppedTargetsData>('targets?state=dropped', refreshMs)
  const pools = data === undefined ? [] : droppedPoolsOf(data, search)
  return pools.map((pool) => <DroppedSection key={pool.name} pool={pool} />)
}

function DroppedSection({ pool: { name, count, found } }: { pool: DroppedPool }) {
  const shown = found.slice(0, shownMax)
  const others = found.length - shown.length
  return (
    <details className={styles.pool} aria-label={`Dropped of ${name}`}>
      <summary className={styles.title}>
        <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
        <h2>{name}</h2>
        <span className={styles.good}>{count} dropped by relabeling</span>
      </summary>
      <ul className={`${styles.scroll} ${styles.dropped}`}>
        {shown.map((labels) => (
          <li key={JSON.stringify(labels)}>
            <LabelChips labels={labels} />
          </li>
        ))}
        {others > 0 && <li>{others} more: search for their labels</li>}
      </ul>
    </details>
  )
}
