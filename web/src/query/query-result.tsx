import { Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { GraphView } from '../graph/graph-view.tsx'
import { ErrorNotice, Notices } from '../shell/notices.tsx'
import { EmptyPanel } from './empty-panel.tsx'
import type { Panel } from './panel.ts'
import styles from './query-result.module.css'
import type { QueryAnswer } from './query-stats.tsx'
import { TableView } from './table-view.tsx'

interface QueryResultProps {
  readonly panel: Panel
  readonly result: UseQueryResult<QueryAnswer>
  readonly onChange: (change: Partial<Panel>) => void
  readonly onRun: (expr: string) => void
}

/** The lower half of a panel: nothing asked yet, an error, waiting, or the answer. */
export function QueryResult({ panel, result, onChange, onRun }: QueryResultProps) {
  if (panel.expr === '') return <EmptyPanel onRun={onRun} />
  const { data: answer, error, isFetching } = result
  if (error !== null) {
    return (
      <div className={styles.body}>
        <ErrorNotice error={error} />
      </div>
    )
  }
  if (answer === undefined || answer.tab !== panel.tab) return <Waiting tab={panel.tab} />
  return (
    <div className={styles.body} aria-busy={isFetching}>
      <div className={isFetching ? styles.progress : styles.idle} />
      <Notices warnings={answer.warnings} infos={answer.infos} />
      <div className={result.isPlaceholderData ? styles.old : undefined}>
        {answer.tab === 'table' ? (
          <TableView data={answer.data} />
        ) : (
          <GraphView panel={panel} answer={answer} onChange={onChange} />
        )}
      </div>
    </div>
  )
}

function Waiting({ tab }: { tab: Panel['tab'] }) {
  return (
    <div className={styles.body} aria-busy="true">
      {tab === 'graph' ? (
        <Skeleton height={340} />
      ) : (
        [72, 64, 68].map((width) => (
          <Skeleton key={width} height={16} width={`${width}%`} className={styles.row ?? ''} />
        ))
      )}
    </div>
  )
}
