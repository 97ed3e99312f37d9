import type { LabelSet } from '../series/labels.ts'
import styles from './label-chips.module.css'

/** A label set as small tags, in which long values break. */
export function LabelChips({ labels }: { labels: LabelSet }) {
  return (
    <span className={styles.chips}>
      {Object.entries(labels).map(([name, value]) => (
        <span key={name} className={styles.chip}>
          <span className={styles.name}>{name}</span>
          <span className={styles.mark}>=</span>
          <span className={styles.value}>{value}</span>
        </span>
      ))}
    </span>
  )
}
