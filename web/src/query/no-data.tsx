import styles from './table-view.module.css'

/** A right answer without series. */
export function NoData() {
  return (
    <div className={styles.none}>
      <strong>No series</strong>
      <span>The query is valid, but nothing matches it at this time.</span>
    </div>
  )
}
