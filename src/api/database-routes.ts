import { limits } from '../base/limits.ts'
import type { Cardinality } from '../storage/statistics.ts'
import type { ApiOptions, HeadSummary } from './api-options.ts'
import { type ApiAnswer, type ApiRequest, type ApiRoute, data } from './request.ts'

/** Of each list, where the request does not say it. */
const limitAtFirst = 10

/** What the database holds most of (row T8.8), and its blocks. */
export function databaseRoutes(options: ApiOptions): readonly ApiRoute[] {
  return [
    { methods: ['GET'], path: 'status/tsdb', handle: (request) => status(request, options) },
    {
      methods: ['GET'],
      path: 'status/tsdb/blocks',
      handle: () => data({ blocks: options.statistics().blocks() }),
    },
  ]
}

async function status({ parameters }: ApiRequest, options: ApiOptions): Promise<ApiAnswer> {
  const limit = parameters.limitFromOne(limitAtFirst, limits.statisticsMax)
  const cardinality = await options.statistics().cardinality(limit)
  const lists = JSON.stringify({
    seriesCountByMetricName: cardinality.seriesByMetricName,
    labelValueCountByLabelName: cardinality.valuesByLabelName,
    memoryInBytesByLabelName: cardinality.bytesByLabelName,
    seriesCountByLabelValuePair: cardinality.seriesByLabelPair,
  })
  const head = headText(headWithBlocks(options), cardinality)
  const text = `{"status":"success","data":{"headStats":${head},${lists.slice(1)}}`
  return { kind: 'bytes', pieces: [new TextEncoder().encode(text)] }
}

/** An empty head has the end of the blocks as both its times, as upstream's. */
function headWithBlocks({ head, statistics }: ApiOptions): HeadSummary {
  const own = head()
  if (own.maxTimeMs !== undefined) return own
  const ends = statistics()
    .blocks()
    .map(({ maxTime }) => Number(maxTime ?? Number.NaN))
    .filter((endMs) => Number.isFinite(endMs))
  if (ends.length === 0) return own
  const endMs = Math.max(...ends)
  return { ...own, minTimeMs: endMs, maxTimeMs: endMs }
}

/** As text: the times of an empty head are the ends of Go's 64-bit integers. */
function headText(head: HeadSummary, { labelPairs }: Cardinality): string {
  const fields = [
    `"numSeries":${head.series}`,
    `"numLabelPairs":${labelPairs}`,
    `"chunkCount":${head.chunks}`,
    `"minTime":${head.minTimeMs ?? '9223372036854775807'}`,
    `"maxTime":${head.maxTimeMs ?? '-9223372036854775808'}`,
  ]
  return `{${fields.join(',')}}`
}
