import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { fetchApi } from '../api/fetch-api.ts'
import type { QueryData } from '../api/query-data.ts'
import type { StepGrid } from '../graph/graph-data.ts'
import { type Panel, stepMsOf } from './panel.ts'
import type { QueryAnswer } from './query-stats.tsx'

/** What a panel asks the server: an instant query at a time, or a range query over a grid. */
export interface QueryRequest {
  readonly expr: string
  readonly tab: Panel['tab']
  readonly grid: StepGrid
}

/** The request of a panel whose open end is at nowMs. */
export function queryRequest(panel: Panel, nowMs: number): QueryRequest {
  // A graph ends at a whole second: its points have plain times.
  const endMs = panel.endMs ?? (panel.tab === 'graph' ? Math.floor(nowMs / 1000) * 1000 : nowMs)
  const endSeconds = endMs / 1000
  const stepSeconds = stepMsOf(panel) / 1000
  const startSeconds = endSeconds - panel.rangeMs / 1000
  return { expr: panel.expr, tab: panel.tab, grid: { startSeconds, endSeconds, stepSeconds } }
}

/** The expression and its times, as the API takes them. */
export function parametersOf({ expr, tab, grid }: QueryRequest): Readonly<Record<string, string>> {
  if (tab === 'table') return { query: expr, time: String(grid.endSeconds) }
  return {
    query: expr,
    start: String(grid.startSeconds),
    end: String(grid.endSeconds),
    step: String(grid.stepSeconds),
  }
}

/**
 * Runs a panel's query. A new one cancels the one before, whose result stays on the page, marked as
 * old, until the new one is there; a result of the other tab never does.
 */
export function useQueryResult(request: QueryRequest, runId: number): UseQueryResult<QueryAnswer> {
  return useQuery<QueryAnswer>({
    queryKey: ['query', request, runId],
    enabled: request.expr !== '',
    placeholderData: (previous) => (previous?.tab === request.tab ? previous : undefined),
    queryFn: async ({ signal }) => {
      const { tab, grid } = request
      const answer = await fetchApi<QueryData>({
        path: tab === 'table' ? 'query' : 'query_range',
        parameters: parametersOf(request),
        method: 'POST',
        signal,
      })
      // The grid travels with the answer, so that an old answer is never laid on a new grid.
      return { ...answer, grid, tab }
    },
  })
}
