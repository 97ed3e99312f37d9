import { IconChevronRight } from '@tabler/icons-react'
import styles from './pool-section.module.css'
import type { TargetPool } from './target-data.ts'
import { TargetRow } from './target-row.tsx'

interface PoolSectionProps {
  readonly pool: TargetPool
  /** When the state was read; ages are counted from there. */
  readonly nowMs: number
}

/** The targets of one scrape configuration, folded by its title. */
export function PoolSection({ pool, nowMs }: PoolSectionProps) {
  const allUp = pool.up === pool.targets.length
  return (
    <details open className={styles.pool}>
      <summary className={styles.title}>
        <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
        <h2>{pool.name}</h2>
        <span className={allUp ? styles.good : styles.bad}>
          {pool.up} of {pool.targets.length} up
        </span>
        <span className={styles.dots} aria-hidden="true">
          {pool.targets.slice(0, 60).map((target) => (
            <span
              key={`${target.scrapeUrl} ${JSON.stringify(target.labels)}`}
              className={styles[target.health]}
            />
          ))}
        </span>
      </summary>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Health</th>
              <th scope="col">Endpoint</th>
              <th scope="col">Labels</th>
              <th scope="col">Last scrape</th>
              <th scope="col">Duration</th>
            </tr>
          </thead>
          <tbody>
            {pool.targets.map((target) => (
              <TargetRow
                key={`${target.scrapeUrl} ${JSON.stringify(target.labels)}`}
                target={target}
                nowMs={nowMs}
              />
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
