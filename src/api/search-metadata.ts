import type { MetadataSource, MetricMetadata } from '../storage/metadata.ts'
import type { SearchBatch, SearchResult } from '../storage/search-terms.ts'
import type { ApiAnswer } from './request.ts'

/** Adds to the metric names of the answer of a search what targets tell of them, the first one that does. */
export function withMetricMetadata(
  answer: ApiAnswer,
  sources: readonly MetadataSource[],
): ApiAnswer {
  if (answer.kind !== 'bytes') return answer
  // The last line is the end; each before it is a batch.
  const batches = answer.pieces.slice(0, -1).map(batchOf)
  const known = metadataOf(
    new Set(batches.flatMap(({ results }) => results.map(({ name }) => name ?? ''))),
    sources,
  )
  const lines = batches.map((batch) => {
    const results = batch.results.map((result) => described(result, known.get(result.name ?? '')))
    return new TextEncoder().encode(`${JSON.stringify({ ...batch, results })}\n`)
  })
  return { ...answer, pieces: [...lines, ...answer.pieces.slice(-1)] }
}

function batchOf(line: Uint8Array): SearchBatch {
  return JSON.parse(new TextDecoder().decode(line))
}

function metadataOf(
  names: ReadonlySet<string>,
  sources: readonly MetadataSource[],
): ReadonlyMap<string, MetricMetadata> {
  const known = new Map<string, MetricMetadata>()
  for (const source of sources) {
    source.eachMetadata((family, metadata) => {
      if (names.has(family) && !known.has(family)) known.set(family, metadata)
      return known.size < names.size
    })
  }
  return known
}

/** What is empty is left out. */
function described(result: SearchResult, metadata: MetricMetadata | undefined): SearchResult {
  if (metadata === undefined) return result
  const { type, help, unit } = metadata
  return {
    ...result,
    type,
    ...(help === '' ? {} : { help }),
    ...(unit === '' ? {} : { unit }),
  }
}
