import { Skeleton } from '@mantine/core'
import type { TimeZone } from '../format/time-text.ts'
import { agoText, timeText } from '../format/time-text.ts'
import { useTimeZone } from '../shell/time-zone.ts'
import styles from './status.module.css'

/** Where the API's name says too little. The version of the build information is what clients go by. */
const titles: Readonly<Record<string, string>> = {
  version: 'Prometheus API version',
  CWD: 'Working directory',
  reloadConfigSuccess: 'Last reload succeeded',
  lastConfigTime: 'Configuration loaded',
}

interface FactsProps {
  readonly title: string
  /** undefined while they are not known yet. */
  readonly values: Readonly<Record<string, string | number | boolean>> | undefined
}

/** Names and values of one kind, in the server's order. */
export function Facts({ title, values }: FactsProps) {
  const [zone] = useTimeZone()
  return (
    <section className={styles.card}>
      <h2>{title}</h2>
      {values === undefined ? (
        <Skeleton height={120} />
      ) : (
        <dl className={styles.facts}>
          {Object.entries(values)
            .filter(isSaid)
            .map(([name, value]) => (
              <div key={name}>
                <dt>{titles[name] ?? wordsOf(name)}</dt>
                <dd>{factText(value, zone)}</dd>
              </div>
            ))}
        </dl>
      )}
    </section>
  )
}

/** False for fields that a server of another kind would fill, as those of the Go runtime. */
function isSaid([name, value]: readonly [string, string | number | boolean]): boolean {
  return value !== '' && !(value === 0 && /^go/i.test(name))
}

/** Field names of the API as words: lastConfigTime becomes Last config time, GOMAXPROCS stays. */
function wordsOf(name: string): string {
  if (name === name.toUpperCase()) return name
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function factText(value: string | number | boolean, zone: TimeZone): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return value.toLocaleString('en')
  const timeMs = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN
  if (Number.isNaN(timeMs)) return value === '' ? '–' : value
  return `${timeText(timeMs, zone)} (${agoText(Date.now() - timeMs)} ago)`
}
