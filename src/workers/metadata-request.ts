import { limits } from '../base/limits.ts'
import { compareBytes } from '../model/byte-order.ts'
import type { Matcher } from '../model/matcher.ts'
import type { LabelList, Querier, Queryable, TimeRange } from '../storage/querier.ts'
import type { QueryControl, QueryReply, QueryRequest } from '../storage/query-runner.ts'
import { parsedMatch } from './parsed-match.ts'
import { requestFailure } from './request-failure.ts'

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
): Promise<QueryReply> {
  try {
    const range = { minTimeMs: request.startMs, maxTimeMs: request.endMs }
    // As upstream, only /series says which parameter it was that does not parse.
    const prefix = request.kind === 'series' ? 'invalid parameter "match[]": ' : ''
    const sets = request.matches.map((text) => parsedMatch(text, prefix))
    const querier = await queryable.querier(range)
    try {
      const answer =
        request.kind === 'series'
          ? await seriesAnswer(querier, sets, range, request.bounds.limit, control)
          : await listAnswer(querier, request, sets, range)
      return { ok: true, body: encode(answer) }
    } finally {
      querier.close()
    }
  } catch (thrown) {
    return requestFailure(thrown, 'execution')
  }
}

async function seriesAnswer(
  querier: Querier,
  sets: readonly (readonly Matcher[])[],
  range: TimeRange,
  limit: number,
  control: QueryControl,
): Promise<Answer> {
  const found = new Map<string, readonly string[]>()
  const warnings: string[] = []
  // All of them see one state of the head.
  if (sets.length > 1) await querier.prepare?.(sets)
  for (const matchers of sets) {
    const set = await querier.select({ matchers, ...range, sorted: false })
    warnings.push(...set.warnings)
    const { offsets, labelIds } = set.labels
    for (let series = 0; series < set.seriesCount; series++) {
      if (series % 1024 === 0) await control.checkpoint()
      const ids = labelIds.subarray(offsets[series], offsets[series + 1])
      found.set(
        ids.join(),
        Array.from(ids, (id) => querier.symbols.text(id)),
      )
    }
  }
  const sorted = [...found.values()].sort(compareTexts)
  const truncated = limit > 0 && sorted.length > limit
  return {
    elements: (truncated ? sorted.slice(0, limit) : sorted).map(labelsJson),
    truncated,
    warnings,
  }
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const order = compareBytes(a[index] ?? '', b[index] ?? '')
    if (order !== 0) return order
  }
  return a.length - b.length
}

function labelsJson(texts: readonly string[]): string {
  const pairs: string[] = []
  for (let index = 0; index < texts.length; index += 2) {
    pairs.push(`${JSON.stringify(texts[index])}:${JSON.stringify(texts[index + 1])}`)
  }
  return `{${pairs.join(',')}}`
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

function encode({ elements, truncated, warnings }: Answer): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  let text = '{"status":"success","data":['
  let isFirst = true
  for (const element of elements) {
    text += isFirst ? element : `,${element}`
    isFirst = false
    // A character takes three bytes at most here; surrogate pairs take four for two.
    if (text.length * 3 > limits.httpWritePieceBytesMax) {
      pieces.push(encoder.encode(text))
      text = ''
    }
  }
  const all = truncated ? [...warnings, 'results truncated due to limit'] : warnings
  text += all.length === 0 ? ']}' : `],"warnings":${JSON.stringify(all)}}`
  pieces.push(encoder.encode(text))
  return pieces
}
