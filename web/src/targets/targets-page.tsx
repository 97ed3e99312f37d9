import { SegmentedControl, Skeleton } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import { DroppedTargets } from './dropped-targets.tsx'
import { PoolSection } from './pool-section.tsx'
import { type HealthFilter, poolsOf, type TargetData, type TargetsData } from './target-data.ts'
import styles from './targets-page.module.css'

const refreshMs = 5000

/** What is scraped, how it goes, and why it does not. */
export function TargetsPage() {
  const { data, error, dataUpdatedAt } = useApi<TargetsData>('targets?state=active', refreshMs)
  const [health, setHealth] = useState<HealthFilter>('all')
  const [search, setSearch] = useState('')
  const targets = data?.activeTargets ?? []
  const pools = useMemo(() => poolsOf(targets, health, search), [targets, health, search])

  return (
    <>
      <div className={styles.head}>
        <h1>Targets</h1>
        <SegmentedControl
          size="xs"
          withItemsBorders={false}
          aria-label="Health"
          value={health}
          onChange={(value) => setHealth(filterOf(value))}
          data={filters(targets)}
        />
        <div className={styles.search}>
          <IconSearch size={15} aria-hidden="true" />
          <input
            type="search"
            aria-label="Search targets"
            placeholder="Search address, labels, error"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {data === undefined && error === null && <Skeleton height={180} radius={10} />}
      {data !== undefined && pools.length === 0 && (
        <p className={styles.none}>
          {targets.length === 0
            ? 'No target is scraped: the configuration names none, discovery has not found any yet, or relabeling has dropped all.'
            : 'No target matches the filter.'}
        </p>
      )}
      {pools.map((pool) => (
        <PoolSection key={pool.name} pool={pool} nowMs={dataUpdatedAt} />
      ))}
      {health === 'all' && <DroppedTargets search={search} />}
    </>
  )
}

function filterOf(value: string): HealthFilter {
  return value === 'up' || value === 'down' || value === 'unknown' ? value : 'all'
}

function filters(targets: readonly TargetData[]) {
  const count = (health: string): number => targets.filter((one) => one.health === health).length
  return [
    { value: 'all', label: `All ${targets.length}` },
    { value: 'up', label: `Up ${count('up')}` },
    { value: 'down', label: `Down ${count('down')}` },
    { value: 'unknown', label: `Unknown ${count('unknown')}` },
  ]
}
