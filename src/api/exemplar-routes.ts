import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Exemplar } from '../model/exemplar.ts'
import { exemplarLabelPairs } from '../model/exemplar.ts'
import { jsonFloatText } from '../model/float-text.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Expr } from '../promql/parse/ast.ts'
import { parseExpr } from '../promql/parse/parse.ts'
import type { ParseOptions } from '../promql/parse/parse-options.ts'
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

async function queryExemplars({ parameters }: ApiRequest, options: ApiOptions): Promise<ApiAnswer> {
  const startMs = parameters.timeMsOr('start', minTimeMs)
  const endMs = parameters.timeMsOr('end', maxTimeMs)
  if (endMs < startMs) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp')
  }
  const sets = selectorsOf(parsed(parameters.text('query'), options.language))
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

function parsed(query: string, language: ParseOptions): Expr {
  try {
    return parseExpr(query, language)
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw new ApiError('bad_data', thrown.message)
    throw thrown
  }
}

/** The matchers of each selector of the query, wherever it stands. */
function selectorsOf(expr: Expr): readonly (readonly Matcher[])[] {
  switch (expr.kind) {
    case 'vector-selector':
      return [expr.matchers]
    case 'range-selector':
      return [expr.selector.matchers]
    case 'number':
    case 'string':
    case 'duration':
      return []
    case 'call':
      return expr.args.flatMap(selectorsOf)
    case 'aggregate':
      return [
        ...selectorsOf(expr.expr),
        ...(expr.param === undefined ? [] : selectorsOf(expr.param)),
      ]
    case 'binary':
      return [...selectorsOf(expr.left), ...selectorsOf(expr.right)]
    case 'subquery':
    case 'unary':
    case 'paren':
      return selectorsOf(expr.expr)
  }
}
