import styles from './header.module.css'
import { useTimeZone } from './time-zone.ts'

/** Switches all times of the page between UTC and the browser's zone. */
export function ZoneToggle() {
  const [zone, setZone] = useTimeZone()
  return (
    <button
      type="button"
      className={styles.zone}
      title="Times are shown in this zone; click to change it"
      onClick={() => setZone(zone === 'utc' ? 'local' : 'utc')}
    >
      {zone === 'utc' ? 'UTC' : 'Local time'}
    </button>
  )
}
