import { NarthexError } from '../base/errors.ts'
import type { Expr } from '../promql/parse/ast.ts'
import { parseExpr } from '../promql/parse/parse.ts'
import { ApiError } from './error-reply.ts'
import { type ApiAnswer, type ApiRequest, type ApiRoute, data } from './request.ts'
import { maxTimeMs, minTimeMs } from './time-parameter.ts'

/** Row A2.4. No exemplars are stored, as upstream without its feature: the empty list is true. */
export function exemplarRoutes(): readonly ApiRoute[] {
  return [{ methods: ['GET', 'POST'], path: 'query_exemplars', handle: queryExemplars }]
}

function queryExemplars({ parameters }: ApiRequest): ApiAnswer {
  const startMs = parameters.timeMsOr('start', minTimeMs)
  const endMs = parameters.timeMsOr('end', maxTimeMs)
  if (endMs < startMs) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp')
  }
  return hasSelector(parsed(parameters.text('query'))) ? data([]) : { kind: 'nothing' }
}

function parsed(query: string): Expr {
  try {
    return parseExpr(query)
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw new ApiError('bad_data', thrown.message)
    throw thrown
  }
}

function hasSelector(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector-selector':
    case 'range-selector':
      return true
    case 'number':
    case 'string':
    case 'duration':
      return false
    case 'call':
      return expr.args.some(hasSelector)
    case 'aggregate':
      return hasSelector(expr.expr) || (expr.param !== undefined && hasSelector(expr.param))
    case 'binary':
      return hasSelector(expr.left) || hasSelector(expr.right)
    case 'subquery':
    case 'unary':
    case 'paren':
      return hasSelector(expr.expr)
  }
}
