import { Button, Loader } from '@mantine/core'
import { useEffect, useState } from 'react'
import { ExpressionEditor } from './expression-editor.tsx'
import { HistoryMenu } from './history-menu.tsx'
import type { Panel } from './panel.ts'
import { PanelMenu } from './panel-menu.tsx'
import { PanelToolbar } from './panel-toolbar.tsx'
import { rememberQuery } from './query-history.ts'
import styles from './query-panel.module.css'
import { QueryPlan } from './query-plan.tsx'
import { queryRequest, useQueryResult } from './query-request.ts'
import { QueryResult } from './query-result.tsx'
import { QueryStats } from './query-stats.tsx'

interface QueryPanelProps {
  readonly panel: Panel
  readonly number: number
  readonly removable: boolean
  readonly onChange: (change: Partial<Panel>) => void
  readonly onDuplicate: () => void
  readonly onRemove: () => void
}

/** One expression with its controls and its result. The panel's expr is what was run last; what is being typed is the draft. */
export function QueryPanel(props: QueryPanelProps) {
  const { panel, number, removable, onChange, onDuplicate, onRemove } = props
  const [draft, setDraft] = useState(panel.expr)
  const [run, setRun] = useState(() => ({ id: 0, nowMs: Date.now() }))
  const [isExplained, setExplained] = useState(false)
  const request = queryRequest(panel, run.nowMs)
  const result = useQueryResult(request, run.id)

  useEffect(() => setDraft(panel.expr), [panel.expr])

  const change = (changes: Partial<Panel>): void => {
    // An open end is now: what is asked anew is asked up to the present.
    setRun(({ id }) => ({ id, nowMs: Date.now() }))
    onChange(changes)
  }
  const runExpression = (text: string): void => {
    const expr = text.trim()
    rememberQuery(expr)
    setDraft(expr)
    setRun(({ id }) => ({ id: id + 1, nowMs: Date.now() }))
    if (expr !== panel.expr) onChange({ expr })
  }

  return (
    <section className={styles.panel} aria-label={`Query ${number}`}>
      <div className={styles.entry}>
        <ExpressionEditor
          text={draft}
          autoFocus={number === 1}
          onChange={setDraft}
          onRun={() => runExpression(draft)}
        />
        <div className={styles.actions}>
          <Button className={styles.run ?? ''} onClick={() => runExpression(draft)}>
            {result.isFetching ? (
              <Loader size={14} color="currentColor" aria-label="running" />
            ) : (
              'Run'
            )}
          </Button>
          <HistoryMenu onChoose={runExpression} />
          <PanelMenu onDuplicate={onDuplicate} onRemove={onRemove} removable={removable} />
        </div>
      </div>
      <div className={styles.bar}>
        <PanelToolbar panel={panel} nowMs={run.nowMs} onChange={change} />
        {result.data !== undefined && panel.expr !== '' && (
          <div className={styles.about}>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-pressed={isExplained}
              title="Run it again, and show what each operator does"
              onClick={() => setExplained(!isExplained)}
            >
              Explain
            </Button>
            <QueryStats answer={result.data} />
          </div>
        )}
      </div>
      {isExplained && panel.expr !== '' && <QueryPlan request={request} runId={run.id} />}
      <QueryResult panel={panel} result={result} onChange={change} onRun={runExpression} />
    </section>
  )
}
