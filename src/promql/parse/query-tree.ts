import { floatText } from '../../model/float-text.ts'
import { wellFormedJson } from '../../model/go-json.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  Aggregate,
  At,
  Binary,
  Call,
  DurationExpr,
  Expr,
  NumberLiteral,
  Subquery,
  VectorMatching,
  VectorSelector,
} from './ast.ts'
import { functionSignatures } from './function-signatures.ts'

/** Text that is done, or a node whose text goes here. */
type Piece = string | Expr

/**
 * The tree of a query as JSON, in the fields that upstream's page draws it from (row A2.6). In a
 * loop: neither a long chain of operators nor nesting costs stack.
 */
export function queryTreeJson(root: Expr): string {
  const texts: string[] = []
  const open: Piece[] = [root]
  for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
    if (typeof piece === 'string') texts.push(piece)
    else open.push(...piecesOf(piece).reverse())
  }
  return texts.join('')
}

function piecesOf(expr: Expr): Piece[] {
  switch (expr.kind) {
    case 'number':
      return [json({ type: 'numberLiteral', val: floatText(expr.value) })]
    case 'string':
      return [json({ type: 'stringLiteral', val: expr.value })]
    case 'duration':
      return [json(durationTree(expr))]
    case 'vector-selector':
      return [json({ type: 'vectorSelector', ...selectorTree(expr) })]
    case 'range-selector':
      return [
        json({
          type: 'matrixSelector',
          ...selectorTree(expr.selector),
          range: expr.rangeMs,
          rangeExpr: durationTree(expr.rangeExpr),
        }),
      ]
    case 'subquery':
      return [head(subqueryTree(expr)), ',"expr":', expr.expr, '}']
    case 'call':
      return callPieces(expr)
    case 'aggregate':
      return aggregatePieces(expr)
    case 'binary':
      return binaryPieces(expr)
    case 'unary':
      return [head({ type: 'unaryExpr', op: expr.op }), ',"expr":', expr.expr, '}']
    case 'paren':
      return ['{"type":"parenExpr","expr":', expr.expr, '}']
  }
}

function json(fields: object | null): string {
  return wellFormedJson(fields)
}

/** An object of JSON that is still open: fields with nodes follow. */
function head(fields: object): string {
  return json(fields).slice(0, -1)
}

function callPieces({ name, args }: Call): Piece[] {
  const signature = functionSignatures.get(name)
  const func = {
    name,
    argTypes: signature?.args,
    variadic: signature?.variadic,
    returnType: signature?.returns,
  }
  const pieces: Piece[] = [head({ type: 'call', func }), ',"args":[']
  args.forEach((arg, index) => {
    if (index > 0) pieces.push(',')
    pieces.push(arg)
  })
  pieces.push(']}')
  return pieces
}

function aggregatePieces({ op, expr, param, grouping, without }: Aggregate): Piece[] {
  const fields = head({ type: 'aggregation', op, grouping, without })
  return [fields, ',"param":', param ?? 'null', ',"expr":', expr, '}']
}

function binaryPieces({ op, left, right, returnBool, matching }: Binary): Piece[] {
  const fields = { type: 'binaryExpr', op, matching: matchingTree(matching), bool: returnBool }
  return [head(fields), ',"lhs":', left, ',"rhs":', right, '}']
}

function matchingTree(matching: VectorMatching | undefined): object | null {
  if (matching === undefined) return null
  const { card, labels, on, include, fillLeft, fillRight } = matching
  const fillValues = { lhs: fillLeft ?? null, rhs: fillRight ?? null }
  return { card, labels, on, include, fillValues }
}

function selectorTree(selector: VectorSelector): object {
  return {
    name: selector.name,
    matchers: selector.matchers.map(matcherTree),
    anchored: selector.edges === 'anchored',
    smoothed: selector.edges === 'smoothed',
    ...placeTree(selector),
  }
}

function matcherTree({ name, value, op }: Matcher): object {
  return { name, value, type: op }
}

function subqueryTree(expr: Subquery): object {
  return {
    type: 'subquery',
    range: expr.rangeMs,
    rangeExpr: durationTree(expr.rangeExpr),
    step: expr.stepMs,
    stepExpr: durationTree(expr.stepExpr),
    ...placeTree(expr),
  }
}

function placeTree({ at, offsetMs, offsetExpr }: VectorSelector | Subquery): object {
  return { offset: offsetMs, offsetExpr: durationTree(offsetExpr), ...atTree(at) }
}

function atTree(at: At): object {
  return {
    timestamp: at.kind === 'time' ? at.timeMs : null,
    startOrEnd: at.kind === 'start' || at.kind === 'end' ? at.kind : null,
  }
}

function durationTree(node: DurationExpr | NumberLiteral | undefined): object | null {
  if (node === undefined) return null
  if (node.kind === 'number') {
    return { type: 'numberLiteral', val: floatText(node.value), duration: node.isDuration }
  }
  const { op, left, right, wrapped } = node
  const [lhs, rhs] = [durationTree(left), durationTree(right)]
  return { type: 'durationExpr', op, lhs, rhs, wrapped }
}
