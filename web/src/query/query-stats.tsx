import type { Answer } from '../api/fetch-api.ts'
import type { QueryData } from '../api/query-data.ts'
import { durationText, elapsedText } from '../format/duration-text.ts'
import type { StepGrid } from '../graph/graph-data.ts'
import type { PanelTab } from './panel.ts'
import styles from './query-stats.module.css'

export interface QueryAnswer extends Answer<QueryData> {
  readonly grid: StepGrid
  readonly tab: PanelTab
}

function countText({ data }: QueryAnswer): string {
  if (data.resultType === 'scalar' || data.resultType === 'string') return data.resultType
  return `${data.result.length.toLocaleString('en')} series`
}

/** How long the answer took, at which step it was computed, and how much came back. */
export function QueryStats({ answer }: { answer: QueryAnswer }) {
  return (
    <dl className={styles.stats}>
      <div title="From sending the query until its answer was read">
        <dt>Load time</dt>
        <dd>{elapsedText(answer.elapsedMs)}</dd>
      </div>
      {answer.tab === 'graph' && (
        <div title="Distance of the points">
          <dt>Resolution</dt>
          <dd>{durationText(answer.grid.stepSeconds * 1000)}</dd>
        </div>
      )}
      <div>
        <dt>Result</dt>
        <dd>{countText(answer)}</dd>
      </div>
    </dl>
  )
}
