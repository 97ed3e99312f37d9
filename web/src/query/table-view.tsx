import type { QueryData, Sample } from '../api/query-data.ts'
import { timeText } from '../format/time-text.ts'
import { useTimeZone } from '../shell/time-zone.ts'
import { MatrixTable } from './matrix-table.tsx'
import { NoData } from './no-data.tsx'
import styles from './table-view.module.css'
import { ValueText } from './value-text.tsx'
import { VectorTable } from './vector-table.tsx'

/** The answer of an instant query, whatever its type. */
export function TableView({ data }: { data: QueryData }) {
  switch (data.resultType) {
    case 'vector':
      return data.result.length === 0 ? <NoData /> : <VectorTable items={data.result} />
    case 'matrix':
      return data.result.length === 0 ? <NoData /> : <MatrixTable items={data.result} />
    case 'scalar':
    case 'string':
      return <Single kind={data.resultType} sample={data.result} />
  }
}

function Single({ kind, sample }: { kind: 'scalar' | 'string'; sample: Sample }) {
  const [zone] = useTimeZone()
  return (
    <div className={styles.single}>
      <div className={styles.big}>
        {kind === 'string' ? JSON.stringify(sample[1]) : <ValueText text={sample[1]} metric="" />}
      </div>
      <div className={styles.faint}>
        {kind} at {timeText(sample[0] * 1000, zone, true)}
      </div>
    </div>
  )
}
