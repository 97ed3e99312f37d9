import { elapsedText, parseDurationMs } from '../format/duration-text.ts'
import { agoText, timeText } from '../format/time-text.ts'
import { useTimeZone } from '../shell/time-zone.ts'
import { LabelChips } from './label-chips.tsx'
import { safeHref, type TargetData } from './target-data.ts'
import styles from './target-row.module.css'

interface TargetRowProps {
  readonly target: TargetData
  readonly nowMs: number
}

export function TargetRow({ target, nowMs }: TargetRowProps) {
  const durationMs = target.lastScrapeDuration * 1000
  const timeoutMs = parseDurationMs(target.scrapeTimeout) ?? Number.POSITIVE_INFINITY
  return (
    <>
      <tr className={styles.row}>
        <td>
          <span className={`${styles.health} ${styles[target.health]}`}>{target.health}</span>
        </td>
        <td className={styles.endpoint}>
          <Endpoint address={target.scrapeUrl} />
          <span className={styles.interval}>
            every {target.scrapeInterval}, timeout {target.scrapeTimeout}
          </span>
        </td>
        <td className={styles.labels}>
          <LabelChips labels={target.labels} />
          <details className={styles.discovered}>
            <summary>before relabeling</summary>
            <LabelChips labels={target.discoveredLabels} />
          </details>
        </td>
        <td className={styles.number}>
          <LastScrape text={target.lastScrape} nowMs={nowMs} />
        </td>
        <td className={styles.number}>
          <DurationMeter durationMs={durationMs} timeoutMs={timeoutMs} />
        </td>
      </tr>
      {target.lastError !== '' && (
        <tr className={styles.errorRow}>
          <td />
          <td colSpan={4}>
            <div className={styles.error}>{target.lastError}</div>
          </td>
        </tr>
      )}
    </>
  )
}

function Endpoint({ address }: { address: string }) {
  const href = safeHref(address)
  if (href === undefined) return <span>{address}</span>
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {address}
    </a>
  )
}

function LastScrape({ text, nowMs }: { text: string; nowMs: number }) {
  const [zone] = useTimeZone()
  const scrapedMs = Date.parse(text)
  // A target that was never scraped has the year 1 here.
  if (Number.isNaN(scrapedMs) || scrapedMs <= 0) return <span>never</span>
  return <span title={timeText(scrapedMs, zone, true)}>{agoText(nowMs - scrapedMs)} ago</span>
}

interface DurationMeterProps {
  readonly durationMs: number
  readonly timeoutMs: number
}

/** The scrape's duration, with a bar that is full at the timeout. */
function DurationMeter({ durationMs, timeoutMs }: DurationMeterProps) {
  const share = Math.min(1, durationMs / timeoutMs)
  const tone = share > 0.8 ? styles.hot : share > 0.5 ? styles.warm : styles.cool
  return (
    <div title={`${(share * 100).toFixed(1)} % of the timeout`}>
      {elapsedText(durationMs)}
      <div className={styles.meter}>
        <div className={tone} style={{ width: `${Math.max(2, share * 100)}%` }} />
      </div>
    </div>
  )
}
