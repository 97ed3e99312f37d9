import { goJson } from '../model/go-json.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Expr } from '../promql/parse/ast.ts'
import { selectorsOf } from '../promql/parse/expr-nodes.ts'
import { parseExpr } from '../promql/parse/parse.ts'
import type { ParseOptions } from '../promql/parse/parse-options.ts'
import { prettifyExpr } from '../promql/parse/prettify.ts'
import { queryTreeJson } from '../promql/parse/query-tree.ts'
import type { QueryReply, QueryTextRequest } from '../storage/query-runner.ts'
import { requestFailure } from './request-failure.ts'

/** Answers /format_query and /parse_query (rows A2.5 and A2.6), and what /query_exemplars looks for. */
export function answerQueryText(request: QueryTextRequest, language: ParseOptions): QueryReply {
  try {
    const text = textOf(parseExpr(request.query, language), request.wanted)
    return { ok: true, body: [new TextEncoder().encode(text)] }
  } catch (thrown) {
    return requestFailure(thrown, 'bad_data')
  }
}

function textOf(expr: Expr, wanted: QueryTextRequest['wanted']): string {
  switch (wanted) {
    case 'formatted':
      return envelope(goJson(prettifyExpr(expr)))
    case 'tree':
      return envelope(queryTreeJson(expr))
    case 'selectors':
      return JSON.stringify(Array.from(selectorsOf(expr), ({ matchers }) => matchers.map(fieldsOf)))
  }
}

function envelope(json: string): string {
  return `{"status":"success","data":${json}}`
}

type MatcherFields = readonly [op: Matcher['op'], name: string, value: string]

function fieldsOf({ op, name, value }: Matcher): MatcherFields {
  return [op, name, value]
}
