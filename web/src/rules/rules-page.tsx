import { useMemo, useState } from 'react'
import { useApi } from '../api/use-api.ts'
import { durationText, elapsedText } from '../format/duration-text.ts'
import { LabelChips } from '../targets/label-chips.tsx'
import section from '../targets/pool-section.module.css'
import { GroupList } from './group-list.tsx'
import { GroupSection } from './group-section.tsx'
import { ListHead } from './list-head.tsx'
import { QueryLink } from './query-link.tsx'
import { groupsWith, type RuleData, type RuleGroupData, type RulesData } from './rule-data.ts'
import styles from './rules.module.css'
import { Ago } from './when-text.tsx'

type HealthFilter = 'all' | RuleData['health']

/** Every rule, when it ran, how long it took and why it failed. */
export function RulesPage() {
  const { data, error, dataUpdatedAt } = useApi<RulesData>('rules?exclude_alerts=true', 5000)
  const [health, setHealth] = useState<HealthFilter>('all')
  const [search, setSearch] = useState('')
  const all = data?.groups ?? []
  const groups = useMemo(
    () => groupsWith(all, (rule) => health === 'all' || rule.health === health, search),
    [all, health, search],
  )
  const rules = all.flatMap((group) => group.rules)
  const labelOf = (text: string, value: RuleData['health']) => ({
    value,
    label: `${text} ${rules.filter((rule) => rule.health === value).length}`,
  })
  return (
    <>
      <ListHead<HealthFilter>
        title="Rules"
        filterName="Health"
        filter={health}
        filters={[
          { value: 'all', label: `All ${rules.length}` },
          labelOf('OK', 'ok'),
          labelOf('Failing', 'err'),
          labelOf('Unknown', 'unknown'),
        ]}
        onFilter={setHealth}
        search={search}
        onSearch={setSearch}
      />
      <GroupList
        all={data?.groups}
        error={error}
        matching={groups}
        noneText="The configuration names no rule files, or none of them has rules."
        noMatchText="No rule matches the filter."
        section={(group) => (
          <RuleGroup key={`${group.file};${group.name}`} group={group} nowMs={dataUpdatedAt} />
        )}
      />
    </>
  )
}

function RuleGroup({ group, nowMs }: { group: RuleGroupData; nowMs: number }) {
  const failing = group.rules.filter(({ health }) => health === 'err').length
  return (
    <GroupSection
      name={group.name}
      about={
        <>
          <span className={failing === 0 ? section.good : section.bad}>
            {failing === 0 ? `${group.rules.length} rules` : `${failing} failing`}
          </span>
          <span className={styles.file}>{group.file}</span>
          <span className={styles.timing}>
            ran <Ago text={group.lastEvaluation} nowMs={nowMs} />, took{' '}
            {elapsedText(group.evaluationTime * 1000)}, every {durationText(group.interval * 1000)}
          </span>
        </>
      }
      rules={group.rules}
      row={(rule) => <RuleRow rule={rule} nowMs={nowMs} />}
    />
  )
}

const healthTexts = { ok: 'ok', err: 'error', unknown: 'unknown' } as const

function RuleRow({ rule, nowMs }: { rule: RuleData; nowMs: number }) {
  return (
    <article className={styles.rule}>
      <div className={styles.ruleHead}>
        <span className={`${styles.badge} ${styles[rule.health]}`}>{healthTexts[rule.health]}</span>
        <strong className={styles.name}>{rule.name}</strong>
        <span className={styles.kind}>{rule.type}</span>
        <span className={styles.timing}>
          ran <Ago text={rule.lastEvaluation} nowMs={nowMs} />, took{' '}
          {elapsedText(rule.evaluationTime * 1000)}
        </span>
      </div>
      <QueryLink query={rule.query} />
      <LabelChips labels={rule.labels} />
      {rule.lastError !== undefined && <div className={styles.error}>{rule.lastError}</div>}
    </article>
  )
}
