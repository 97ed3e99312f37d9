import { goJson } from '../model/go-json.ts'
import type { Matcher } from '../model/matcher.ts'
import { streamedReply } from '../promql/encode/streamed-reply.ts'
import type { LabelList, Querier, Queryable, TimeRange } from '../storage/querier.ts'
import type { QueryControl, QueryReply, QueryRequest } from '../storage/query-runner.ts'
import { joinedLists } from '../tsdb/index/label-list.ts'
import { JsonTexts } from './json-texts.ts'
import { parsedMatches } from './parsed-matches.ts'
import { requestFailure } from './request-failure.ts'

type MetadataKinds = Extract<QueryRequest, { kind: 'series' | 'label-names' | 'label-values' }>

/** What an answer says behind its data, whole when all of that was made. */
interface Ending {
  truncated: boolean
  warnings: readonly string[]
}

/** Answers /series, /labels and /label/NAME/values (rows A2.7 to A2.9) from the index. */
export async function answerMetadata(
  request: MetadataKinds,
  queryable: Queryable,
  control: QueryControl,
  mayStream: boolean,
): Promise<QueryReply> {
  try {
    const range = { minTimeMs: request.startMs, maxTimeMs: request.endMs }
    // As upstream, only /series says which parameter it was that does not parse.
    const prefix = request.kind === 'series' ? 'invalid parameter "match[]": ' : ''
    const sets = parsedMatches(request.matches, prefix)
    const querier = await queryable.querier(range)
    const pieces =
      request.kind === 'series'
        ? seriesPieces(querier, sets, range, request.bounds.limit, control)
        : listPieces(querier, request, sets, range, control)
    return await streamedReply(pieces, () => querier.close(), control, mayStream)
  } catch (thrown) {
    return requestFailure(thrown, 'execution')
  }
}

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>>

async function* seriesPieces(
  querier: Querier,
  sets: readonly (readonly Matcher[])[],
  range: TimeRange,
  limit: number,
  control: QueryControl,
): Pieces {
  // One more than may be answered: that there is one is told.
  const most = limit > 0 ? limit + 1 : undefined
  const found = await querier.labelSets({ sets, ...range, sorted: sets.length > 1, most })
  const ending: Ending = { truncated: false, warnings: [] }
  let count = 0
  const putNext = (out: JsonTexts) => {
    const isThere = found.next()
    ending.truncated = isThere && limit > 0 && count === limit
    if (!isThere || ending.truncated) {
      ending.warnings = found.warnings
      return false
    }
    if (count++ > 0) out.comma()
    out.labelSet(found)
    return true
  }
  yield* encode(querier, false, putNext, ending, control)
}

async function* listPieces(
  querier: Querier,
  request: Exclude<MetadataKinds, { kind: 'series' }>,
  sets: readonly (readonly Matcher[])[],
  range: TimeRange,
  control: QueryControl,
): Pieces {
  const { limit } = request.bounds
  const lists: LabelList[] = []
  for (const matchers of sets.length === 0 ? [[]] : sets) {
    lists.push(
      request.kind === 'label-names'
        ? await querier.labelNames(matchers, range, limit)
        : await querier.labelValues(request.label, matchers, range, limit),
    )
  }
  const list = joinedLists(lists, querier.symbols, limit, control.looks)
  let index = 0
  const putNext = (out: JsonTexts) => {
    if (index === list.ids.length) return false
    if (index > 0) out.comma()
    out.text(list.ids[index++] ?? 0)
    return true
  }
  yield* encode(querier, true, putNext, list, control)
}

/** `putNext` writes one more element, or answers that there is none. */
function* encode(
  { symbols }: Querier,
  escapesHtml: boolean,
  putNext: (out: JsonTexts) => boolean,
  ending: Readonly<Ending>,
  { looks }: QueryControl,
): Generator<Uint8Array<ArrayBuffer>> {
  const out = new JsonTexts(symbols, escapesHtml)
  out.raw('{"status":"success","data":[')
  while (putNext(out)) {
    looks.item()
    if (out.isFull) yield* out.take()
  }
  const { truncated, warnings } = ending
  const all = truncated ? [...warnings, 'results truncated due to limit'] : warnings
  out.raw(all.length === 0 ? ']}' : `],"warnings":${goJson(all)}}`)
  yield* out.take()
}
