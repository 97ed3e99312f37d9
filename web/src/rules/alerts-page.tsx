import { Skeleton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useApi } from '../api/use-api.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import section from '../targets/pool-section.module.css'
import page from '../targets/targets-page.module.css'
import { AlertRule } from './alert-rule.tsx'
import { ListHead } from './list-head.tsx'
import { usePage } from './pager.tsx'
import {
  type AlertState,
  groupsWith,
  isAlerting,
  type RuleGroupData,
  type RulesData,
} from './rule-data.ts'
import styles from './rules.module.css'

type StateFilter = 'all' | AlertState

const states = ['firing', 'pending', 'inactive', 'unknown'] as const
const titles = { firing: 'Firing', pending: 'Pending', inactive: 'Inactive', unknown: 'Unknown' }

/** Every alerting rule with the alerts that it has now, and those that it had. */
export function AlertsPage() {
  const { data, error, dataUpdatedAt } = useApi<RulesData>('rules?type=alert', 5000)
  const [state, setState] = useState<StateFilter>('all')
  const [search, setSearch] = useState('')
  const all = data?.groups ?? []
  const groups = useMemo(
    () =>
      groupsWith(
        all,
        (rule) => isAlerting(rule) && (state === 'all' || rule.state === state),
        search,
      ),
    [all, state, search],
  )
  const { shown, pager } = usePage(groups)
  const rules = all.flatMap((group) => group.rules.filter(isAlerting))
  return (
    <>
      <ListHead<StateFilter>
        title="Alerts"
        filterName="State"
        filter={state}
        filters={[
          { value: 'all', label: `All ${rules.length}` },
          ...states.map((value) => ({
            value,
            label: `${titles[value]} ${rules.filter((rule) => rule.state === value).length}`,
          })),
        ]}
        onFilter={setState}
        search={search}
        onSearch={setSearch}
      />
      {error !== null && <ErrorNotice error={error} />}
      {data === undefined && error === null && <Skeleton height={180} radius={10} />}
      {data !== undefined && groups.length === 0 && (
        <p className={page.none}>
          {all.length === 0
            ? 'The configuration names no rule files, or none of them has alerts.'
            : 'No alert matches the filter.'}
        </p>
      )}
      {shown.map((group) => (
        <AlertGroup key={`${group.file};${group.name}`} group={group} nowMs={dataUpdatedAt} />
      ))}
      {pager}
    </>
  )
}

function AlertGroup({ group, nowMs }: { group: RuleGroupData; nowMs: number }) {
  const rules = group.rules.filter(isAlerting)
  const counts = states
    .map((state) => ({ state, count: rules.filter((rule) => rule.state === state).length }))
    .filter(({ count }) => count > 0)
  return (
    <details open className={section.pool}>
      <summary className={section.title}>
        <IconChevronRight size={16} className={section.chevron} aria-hidden="true" />
        <h2>{group.name}</h2>
        <span className={styles.file}>{group.file}</span>
        <span className={styles.counts}>
          {counts.map(({ state, count }) => (
            <span key={state} className={`${styles.badge} ${styles[state]}`}>
              {count} {state}
            </span>
          ))}
        </span>
      </summary>
      <div className={section.scroll}>
        {rules.map((rule, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rules of a group may be alike in all else
          <AlertRule key={`${index} ${rule.name}`} rule={rule} nowMs={nowMs} />
        ))}
      </div>
    </details>
  )
}
