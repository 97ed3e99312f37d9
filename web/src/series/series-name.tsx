import { Fragment } from 'react'
import { type LabelSet, quoted, seriesParts } from './labels.ts'
import styles from './series-name.module.css'

interface SeriesNameProps {
  readonly labels: LabelSet
  /** Labels that are said elsewhere and left out here. */
  readonly without?: LabelSet
}

/** A series in PromQL's own notation, with name, label names and values told apart by colour. */
export function SeriesName({ labels, without = {} }: SeriesNameProps) {
  const parts = seriesParts(labels, without)
  const braces = parts.labels.length > 0 || parts.quotedMetric !== '' || parts.metric === ''
  return (
    <span className={styles.series}>
      <span className={styles.metric}>{parts.metric}</span>
      {braces && <span className={styles.mark}>{'{'}</span>}
      {parts.quotedMetric !== '' && <span className={styles.metric}>{parts.quotedMetric}</span>}
      {parts.labels.map(({ name, value }, index) => (
        <Fragment key={name}>
          {(index > 0 || parts.quotedMetric !== '') && <span className={styles.mark}>, </span>}
          <span className={styles.pair}>
            <span className={styles.name}>{name}</span>
            <span className={styles.mark}>=</span>
            <span className={styles.value}>{quoted(value)}</span>
          </span>
        </Fragment>
      ))}
      {braces && <span className={styles.mark}>{'}'}</span>}
    </span>
  )
}
