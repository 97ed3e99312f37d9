import { limits } from '../base/limits.ts'
import type { Exemplar } from '../model/exemplar.ts'
import { exemplarLabelPairs } from '../model/exemplar.ts'
import { jsonFloatText } from '../model/float-text.ts'
import { Matcher, type MatchOp } from '../model/matcher.ts'
import type { SeriesExemplars } from '../storage/exemplars.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError } from './error-reply.ts'
import type { ApiAnswer, ApiRequest, ApiRoute } from './request.ts'
import { maxTimeMs, minTimeMs } from './time-parameter.ts'

/** Row A2.4. */
export function exemplarRoutes(options: ApiOptions): readonly ApiRoute[] {
  const handle = (request: ApiRequest) => queryExemplars(request, options)
  return [{ methods: ['GET', 'POST'], path: 'query_exemplars', handle }]
}

async function queryExemplars(request: ApiRequest, options: ApiOptions): Promise<ApiAnswer> {
  const { parameters } = request
  const startMs = parameters.timeMsOr('start', minTimeMs)
  const endMs = parameters.timeMsOr('end', maxTimeMs)
  if (endMs < startMs) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp')
  }
  const sets = await selectorsOf(request, options)
  if (sets.length === 0) return { kind: 'nothing' }
  const range = { minTimeMs: startMs, maxTimeMs: endMs }
  const pieces: Uint8Array[] = []
  let text = '{"status":"success","data":['
  let separator = ''
  for await (const series of options.exemplars().select(sets, range)) {
    text += separator + seriesText(series)
    separator = ','
    if (text.length < limits.httpWritePieceBytesMax / 4) continue
    pieces.push(new TextEncoder().encode(text))
    text = ''
  }
  pieces.push(new TextEncoder().encode(`${text}]}`))
  return { kind: 'bytes', pieces }
}

function seriesText({ labels, exemplars }: SeriesExemplars): string {
  const texts = exemplars.map(exemplarText).join(',')
  return `{"seriesLabels":${labelsText([...labels.entries()])},"exemplars":[${texts}]}`
}

function exemplarText({ labels, value, timestampMs }: Exemplar): string {
  const pairs = labelsText(exemplarLabelPairs(labels))
  return `{"labels":${pairs},"value":"${jsonFloatText(value)}","timestamp":${seconds(timestampMs)}}`
}

/** As text, since a name may stand there twice, and in an order of its own. */
function labelsText(pairs: readonly (readonly [string, string])[]): string {
  const fields = pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `{${fields.join(',')}}`
}

/** With three decimals, or none where they are all 0. */
function seconds(timestampMs: number): string {
  const absoluteMs = Math.abs(timestampMs)
  const sign = timestampMs < 0 ? '-' : ''
  const fraction = absoluteMs % 1_000
  const whole = (absoluteMs - fraction) / 1_000
  return fraction === 0 ? `${sign}${whole}` : `${sign}${whole}.${String(fraction).padStart(3, '0')}`
}

/** The matchers of each selector of the query, wherever it stands, as a query worker reads it. */
async function selectorsOf(
  { parameters, signal }: ApiRequest,
  options: ApiOptions,
): Promise<readonly (readonly Matcher[])[]> {
  const reply = await options.runner().run(
    {
      kind: 'query-text',
      query: parameters.text('query'),
      wanted: 'selectors',
      bounds: { ...options.queryDefaults(), limit: 0 },
    },
    signal,
  )
  if (!reply.ok) throw new ApiError(reply.errorType, reply.message)
  const sets: readonly (readonly (readonly [MatchOp, string, string])[])[] = JSON.parse(
    Buffer.concat(reply.body).toString(),
  )
  return sets.map((set) => set.map(([op, name, value]) => new Matcher(op, name, value)))
}
