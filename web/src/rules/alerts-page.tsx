import { useMemo, useState } from 'react'
import { useApi } from '../api/use-api.ts'
import { AlertRule } from './alert-rule.tsx'
import { GroupList } from './group-list.tsx'
import { GroupSection } from './group-section.tsx'
import { ListHead } from './list-head.tsx'
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
      <GroupList
        all={data?.groups}
        error={error}
        matching={groups}
        noneText="The configuration names no rule files, or none of them has alerts."
        noMatchText="No alert matches the filter."
        section={(group) => (
          <AlertGroup key={`${group.file};${group.name}`} group={group} nowMs={dataUpdatedAt} />
        )}
      />
    </>
  )
}

function AlertGroup({ group, nowMs }: { group: RuleGroupData; nowMs: number }) {
  const rules = group.rules.filter(isAlerting)
  const counts = states
    .map((state) => ({ state, count: rules.filter((rule) => rule.state === state).length }))
    .filter(({ count }) => count > 0)
  return (
    <GroupSection
      name={group.name}
      about={
        <>
          <span className={styles.file}>{group.file}</span>
          <span className={styles.counts}>
            {counts.map(({ state, count }) => (
              <span key={state} className={`${styles.badge} ${styles[state]}`}>
                {count} {state}
              </span>
            ))}
          </span>
        </>
      }
      rules={rules}
      row={(rule) => <AlertRule rule={rule} nowMs={nowMs} />}
    />
  )
}
