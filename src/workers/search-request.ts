import { compareBytes } from '../model/byte-order.ts'
import { streamedReply } from '../promql/encode/streamed-reply.ts'
import type { LabelList, Querier, Queryable, SymbolTable } from '../storage/querier.ts'
import type { QueryControl, QueryReply, SearchRequest } from '../storage/query-runner.ts'
import type { SearchBatch, SearchResult } from '../storage/search-terms.ts'
import { joinedLists } from '../tsdb/index/label-list.ts'
import { parsedMatches } from './parsed-matches.ts'
import { requestFailure } from './request-failure.ts'
import { type SearchFilter, searchFilter } from './search-filter.ts'

/**
 * Answers /search/metric_names, label_names and label_values (rows A3.1 to A3.3): batches of results,
 * a line of JSON and a piece each, and a line that says that it is the end. There is always a first batch.
 */
export async function answerSearch(
  request: SearchRequest,
  queryable: Queryable,
  control: QueryControl,
  mayStream: boolean,
): Promise<QueryReply> {
  try {
    const sets = parsedMatches(request.matches, '')
    const querier = await queryable.querier({
      minTimeMs: request.startMs,
      maxTimeMs: request.endMs,
    })
    const pieces = lines(request, sets, querier, control)
    const rest = () => ({ contentType: 'application/x-ndjson; charset=utf-8' })
    return await streamedReply(pieces, () => querier.close(), control, mayStream, rest)
  } catch (thrown) {
    return requestFailure(thrown, 'execution')
  }
}

async function* lines(
  request: SearchRequest,
  sets: ReturnType<typeof parsedMatches>,
  querier: Querier,
  control: QueryControl,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const list = await listOf(request, sets, querier, control)
  const warnings = [...new Set(list.warnings)].sort(compareBytes)
  const { limit } = request.bounds
  let batch: SearchResult[] = []
  let [told, hasMore, isFirst] = [0, false, true]
  const line = () => {
    const said: SearchBatch = {
      results: batch,
      ...(isFirst && warnings.length > 0 ? { warnings } : {}),
    }
    isFirst = false
    batch = []
    return lineOf(said)
  }
  for await (const result of results(request, list, querier.symbols, control)) {
    if (limit > 0 && told === limit) {
      hasMore = true
      break
    }
    batch.push(result)
    told++
    if (batch.length === request.batchSize) yield line()
  }
  if (isFirst || batch.length > 0) yield line()
  yield lineOf({ status: 'success', has_more: hasMore })
}

/** Names or values by their bytes. */
async function listOf(
  { label, startMs, endMs }: SearchRequest,
  sets: ReturnType<typeof parsedMatches>,
  querier: Querier,
  { looks }: QueryControl,
): Promise<LabelList> {
  const range = { minTimeMs: startMs, maxTimeMs: endMs }
  const lists: LabelList[] = []
  for (const matchers of sets.length === 0 ? [[]] : sets) {
    lists.push(
      label === undefined
        ? await querier.labelNames(matchers, range, 0)
        : await querier.labelValues(label, matchers, range, 0),
    )
  }
  return joinedLists(lists, querier.symbols, 0, looks)
}

/** What the search finds in the order that is asked for: in the order of bytes without holding it. */
async function* results(
  request: SearchRequest,
  { ids }: LabelList,
  symbols: SymbolTable,
  control: QueryControl,
): AsyncGenerator<SearchResult> {
  const filter = searchFilter(request.search) ?? (() => 1)
  const resultOf = (text: string, score: number): SearchResult => ({
    [request.key]: text,
    ...(request.includesScore ? { score } : {}),
  })
  if (request.order === 'score') {
    for (const { id, score } of await byScore(ids, symbols, filter, control)) {
      yield resultOf(textOf(symbols, id), score)
    }
    return
  }
  const inOrder = request.order === 'ascending' ? ids : ids.slice().reverse()
  let looked = 0
  for (const id of inOrder) {
    if (looked++ % lookedPerCheckpoint === 0) await control.checkpoint()
    const text = textOf(symbols, id)
    const score = filter(text)
    if (score !== undefined) yield resultOf(text, score)
  }
}

const lookedPerCheckpoint = 1_024

async function byScore(
  ids: Uint32Array,
  symbols: SymbolTable,
  filter: SearchFilter,
  control: QueryControl,
): Promise<readonly { readonly id: number; readonly score: number }[]> {
  const found: { readonly id: number; readonly score: number }[] = []
  for (const [place, id] of ids.entries()) {
    if (place % lookedPerCheckpoint === 0) await control.checkpoint()
    const score = filter(textOf(symbols, id))
    if (score !== undefined) found.push({ id, score })
  }
  // Equal ones keep the order of their bytes.
  return found.sort((a, b) => {
    control.looks.item()
    return b.score - a.score
  })
}

/** Not by the table, which would keep all of them. */
function textOf(symbols: SymbolTable, id: number): string {
  const { bytes, start, end } = symbols.place(id)
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

const encoder = new TextEncoder()

function lineOf(value: object): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${JSON.stringify(value)}\n`)
}
