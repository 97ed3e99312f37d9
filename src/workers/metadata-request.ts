import { limits } from '../base/limits.ts'
import { compareBytes } from '../model/byte-order.ts'
import type { Matcher } from '../model/matcher.ts'
import type { LabelColumns, LabelList, Querier, Queryable, TimeRange } from '../storage/querier.ts'
import type { QueryControl, QueryReply, QueryRequest } from '../storage/query-runner.ts'
import { parsedMatch } from './parsed-match.ts'
import { requestFailure } from './request-failure.ts'
import { joinedLabels, orderedSeries } from './series-order.ts'

type MetadataKinds = Extract<QueryRequest, { kind: 'series' | 'label-names' | 'label-values' }>

interface Answer {
  /** JSON texts of the elements of `data`. */
  readonly elements: Iterable<string>
  readonly truncated: boolean
  readonly warnings: readonly string[]
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
    const sets = request.matches.map((text) => parsedMatch(text, prefix))
    const querier = await queryable.querier(range)
    let isStreamed = false
    try {
      const answer =
        request.kind === 'series'
          ? await seriesAnswer(querier, sets, range, request.bounds.limit, control)
          : await listAnswer(querier, request, sets, range)
      const pieces = encode(answer)
      if (!mayStream) return { ok: true, body: [...pieces] }
      const body = firstPieces(pieces)
      // Short answers go out at once, with their length.
      if (body.length < limits.answerPiecesAhead) return { ok: true, body }
      isStreamed = true
      return { ok: true, body, more: otherPieces(pieces, querier, control) }
    } finally {
      if (!isStreamed) querier.close()
    }
  } catch (thrown) {
    return requestFailure(thrown, 'execution')
  }
}

function firstPieces(pieces: Generator<Uint8Array<ArrayBuffer>>): readonly Uint8Array[] {
  const first: Uint8Array[] = []
  while (first.length < limits.answerPiecesAhead) {
    const { done, value } = pieces.next()
    if (done === true) break
    first.push(value)
  }
  return first
}

async function* otherPieces(
  pieces: Generator<Uint8Array<ArrayBuffer>>,
  querier: Querier,
  control: QueryControl,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    for (const piece of pieces) {
      yield piece
      await control.checkpoint()
    }
  } finally {
    querier.close()
  }
}

async function seriesAnswer(
  querier: Querier,
  sets: readonly (readonly Matcher[])[],
  range: TimeRange,
  limit: number,
  control: QueryControl,
): Promise<Answer> {
  const found: LabelColumns[] = []
  const warnings: string[] = []
  // All of them see one state of the head.
  if (sets.length > 1) await querier.prepare?.(sets)
  for (const matchers of sets) {
    const set = await querier.select({ matchers, ...range, sorted: false })
    warnings.push(...set.warnings)
    const { offsets, labelIds } = set.labels
    found.push({ offsets: offsets.slice(0, set.seriesCount + 1), labelIds })
    await control.checkpoint()
  }
  const labels = joinedLabels(found)
  const sorted = orderedSeries(querier.symbols, labels)
  const truncated = limit > 0 && sorted.length > limit
  const places = truncated ? sorted.subarray(0, limit) : sorted
  return { elements: labelsJson(querier, labels, places), truncated, warnings }
}

/** Texts of label names are few, and kept; those of values are not. */
function* labelsJson(
  { symbols }: Querier,
  { offsets, labelIds }: LabelColumns,
  places: Uint32Array,
): Generator<string> {
  const names = new Map<number, string>()
  const nameOf = (id: number): string => {
    const known = names.get(id)
    if (known !== undefined) return known
    const text = `${JSON.stringify(symbols.text(id))}:`
    names.set(id, text)
    return text
  }
  for (const place of places) {
    let text = '{'
    const end = offsets[place + 1] ?? 0
    for (let index = offsets[place] ?? 0; index < end; index += 2) {
      if (text.length > 1) text += ','
      const value = symbols.text(labelIds[index + 1] ?? 0)
      text += nameOf(labelIds[index] ?? 0) + JSON.stringify(value)
    }
    yield `${text}}`
  }
}

async function listAnswer(
  querier: Querier,
  request: Exclude<MetadataKinds, { kind: 'series' }>,
  sets: readonly (readonly Matcher[])[],
  range: TimeRange,
): Promise<Answer> {
  const { limit } = request.bounds
  const lists: LabelList[] = []
  for (const matchers of sets.length === 0 ? [[]] : sets) {
    lists.push(
      request.kind === 'label-names'
        ? await querier.labelNames(matchers, range, limit)
        : await querier.labelValues(request.label, matchers, range, limit),
    )
  }
  const merged = [...new Set(lists.flatMap((list) => list.names))].sort(compareBytes)
  const isLong = limit > 0 && merged.length > limit
  return {
    elements: (isLong ? merged.slice(0, limit) : merged).map((name) => JSON.stringify(name)),
    truncated: isLong || lists.some((list) => list.truncated),
    warnings: lists.flatMap((list) => list.warnings),
  }
}

const encoder = new TextEncoder()

function* encode({ elements, truncated, warnings }: Answer): Generator<Uint8Array<ArrayBuffer>> {
  let text = '{"status":"success","data":['
  let isFirst = true
  for (const element of elements) {
    text += isFirst ? element : `,${element}`
    isFirst = false
    // A character takes three bytes at most here; surrogate pairs take four for two.
    if (text.length * 3 > limits.httpWritePieceBytesMax) {
      yield encoder.encode(text)
      text = ''
    }
  }
  const all = truncated ? [...warnings, 'results truncated due to limit'] : warnings
  text += all.length === 0 ? ']}' : `],"warnings":${JSON.stringify(all)}}`
  yield encoder.encode(text)
}
