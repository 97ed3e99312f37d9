import { useState } from 'react'
import { durationText } from '../format/duration-text.ts'
import type { LabelSet } from '../series/labels.ts'
import { LabelChips } from '../targets/label-chips.tsx'
import { AlertHistory } from './alert-history.tsx'
import { QueryLink } from './query-link.tsx'
import type { AlertData, AlertingRuleData } from './rule-data.ts'
import styles from './rules.module.css'
import { Ago } from './when-text.tsx'

/** One alerting rule; unfolded it shows its alerts, and when there were some during the last day. */
export function AlertRule({ rule, nowMs }: { rule: AlertingRuleData; nowMs: number }) {
  const [isOpen, setOpen] = useState(rule.state === 'firing' || rule.state === 'pending')
  const alerts = rule.alerts ?? []
  return (
    <details
      className={styles.rule}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className={styles.ruleHead}>
        <span className={`${styles.badge} ${styles[rule.state]}`}>{rule.state}</span>
        <strong className={styles.name}>{rule.name}</strong>
        {alerts.length > 0 && <span className={styles.kind}>{alerts.length} active</span>}
        {rule.health === 'err' && <span className={`${styles.badge} ${styles.err}`}>error</span>}
        <span className={styles.timing}>{waitingText(rule)}</span>
      </summary>
      {isOpen && (
        <div className={styles.body}>
          <QueryLink query={rule.query} />
          <LabelChips labels={rule.labels} />
          <Texts texts={rule.annotations} />
          {rule.lastError !== undefined && <div className={styles.error}>{rule.lastError}</div>}
          {alerts.map((alert) => (
            <ActiveAlert key={JSON.stringify(alert.labels)} alert={alert} nowMs={nowMs} />
          ))}
          <AlertHistory name={rule.name} nowMs={nowMs} />
        </div>
      )}
    </details>
  )
}

function waitingText({ duration, keepFiringFor }: AlertingRuleData): string {
  const texts: string[] = []
  if (duration > 0) texts.push(`for ${durationText(duration * 1000)}`)
  if (keepFiringFor > 0) texts.push(`keep firing for ${durationText(keepFiringFor * 1000)}`)
  return texts.join(', ')
}

function ActiveAlert({ alert, nowMs }: { alert: AlertData; nowMs: number }) {
  return (
    <div className={styles.alert}>
      <div className={styles.ruleHead}>
        <span className={`${styles.badge} ${styles[alert.state]}`}>{alert.state}</span>
        <LabelChips labels={alert.labels} />
        <span className={styles.timing}>
          since <Ago text={alert.activeAt} nowMs={nowMs} />
          {alert.keepFiringSince !== undefined && (
            <>
              , kept firing since <Ago text={alert.keepFiringSince} nowMs={nowMs} />
            </>
          )}
          , value {alert.value}
        </span>
      </div>
      <Texts texts={alert.annotations} />
    </div>
  )
}

/** Annotations are text, whatever is in them. */
function Texts({ texts }: { texts: LabelSet }) {
  const entries = Object.entries(texts)
  if (entries.length === 0) return null
  return (
    <dl className={styles.texts}>
      {entries.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}
