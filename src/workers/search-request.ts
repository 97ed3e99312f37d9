import { compareBytes } from '../model/byte-order.ts'
import type { LabelList, Queryable } from '../storage/querier.ts'
import type { QueryControl, QueryReply, SearchRequest } from '../storage/query-runner.ts'
import type { SearchBatch, SearchResult } from '../storage/search-terms.ts'
import { parsedMatch } from './parsed-match.ts'
import { requestFailure } from './request-failure.ts'
import { searchFilter } from './search-filter.ts'

/**
 * Answers /search/metric_names, label_names and label_values (rows A3.1 to A3.3): batches of results,
 * a line of JSON and a piece each, and a line that says that it is the end. There is always a first batch.
 */
export async function answerSearch(
  request: SearchRequest,
  queryable: Queryable,
  control: QueryControl,
): Promise<QueryReply> {
  try {
    const lists = await listsOf(request, queryable)
    const found = await searched(request, lists, control)
    const { limit } = request.bounds
    const warnings = [...new Set(lists.flatMap((list) => list.warnings))].sort(compareBytes)
    const isLong = limit > 0 && found.length > limit
    const told = isLong ? found.slice(0, limit) : found
    const body: Uint8Array[] = []
    for (let from = 0; from < Math.max(told.length, 1); from += request.batchSize) {
      const results = told.slice(from, from + request.batchSize)
      const isTold = from === 0 && warnings.length > 0
      const batch: SearchBatch = { results, ...(isTold ? { warnings } : {}) }
      body.push(lineOf(batch))
      await control.checkpoint()
    }
    body.push(lineOf({ status: 'success', has_more: isLong }))
    return { ok: true, body, contentType: 'application/x-ndjson; charset=utf-8' }
  } catch (thrown) {
    return requestFailure(thrown, 'execution')
  }
}

async function listsOf(
  { matches, startMs, endMs, label }: SearchRequest,
  queryable: Queryable,
): Promise<readonly LabelList[]> {
  const range = { minTimeMs: startMs, maxTimeMs: endMs }
  const sets = matches.map((text) => parsedMatch(text, ''))
  const querier = await queryable.querier(range)
  try {
    const lists: LabelList[] = []
    for (const matchers of sets.length === 0 ? [[]] : sets) {
      lists.push(
        label === undefined
          ? await querier.labelNames(matchers, range, 0)
          : await querier.labelValues(label, matchers, range, 0),
      )
    }
    return lists
  } finally {
    querier.close()
  }
}

interface Scored {
  readonly text: string
  readonly score: number
}

async function searched(
  request: SearchRequest,
  lists: readonly LabelList[],
  control: QueryControl,
): Promise<readonly SearchResult[]> {
  const filter = searchFilter(request.search) ?? (() => 1)
  const found: Scored[] = []
  let looked = 0
  for (const text of new Set(lists.flatMap((list) => list.names))) {
    if (looked++ % 1024 === 0) await control.checkpoint()
    const score = filter(text)
    if (score !== undefined) found.push({ text, score })
  }
  return found.sort(orders[request.order]).map(({ text, score }) => ({
    [request.key]: text,
    ...(request.includesScore ? { score } : {}),
  }))
}

const orders: Readonly<Record<SearchRequest['order'], (a: Scored, b: Scored) => number>> = {
  ascending: (a, b) => compareBytes(a.text, b.text),
  descending: (a, b) => compareBytes(b.text, a.text),
  score: (a, b) => b.score - a.score || compareBytes(a.text, b.text),
}

const encoder = new TextEncoder()

function lineOf(value: object): Uint8Array {
  return encoder.encode(`${JSON.stringify(value)}\n`)
}
