import { unreachable } from '../../base/assert.ts'
import { compareBytes } from '../../model/byte-order.ts'
import { printDurationMs } from '../../model/duration.ts'
import { floatText, goG } from '../../model/float-text.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  Aggregate,
  At,
  Binary,
  DurationExpr,
  Expr,
  NumberLiteral,
  Subquery,
  VectorMatching,
  VectorSelector,
} from './ast.ts'
import { leftChain } from './left-chain.ts'

/** The canonical one-line text of an expression, which parses to the same tree. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr)
    case 'string':
      return goQuote(expr.value)
    case 'vector-selector':
      return printSelector(expr) + printPlace(expr)
    case 'range-selector':
      return `${printSelector({ ...expr.selector, edges: 'plain' })}[${printSpan(expr.rangeMs, expr.rangeExpr)}]${edgesText(expr.selector)}${printPlace({ ...expr.selector, edges: 'plain' })}`
    case 'subquery':
      return printSubquery(expr)
    case 'call':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`
    case 'aggregate':
      return printAggregate(expr)
    case 'binary':
      return printBinary(expr)
    case 'unary':
      return expr.op + printExpr(expr.expr)
    case 'paren':
      return `(${printExpr(expr.expr)})`
    case 'duration':
      return printDurationExpr(expr)
    default:
      return unreachable(expr)
  }
}

export function printNumber({ value, isDuration }: NumberLiteral): string {
  if (isDuration) {
    // Cut twice, as upstream does: 2002ms is printed as 2s1ms.
    const ms = Math.trunc(Math.trunc(Math.abs(value) * 1e9) / 1e6)
    return (value < 0 ? '-' : '') + printDurationMs(ms)
  }
  return floatText(value)
}

export function printSelector(selector: VectorSelector): string {
  const isPlainName = /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(selector.name)
  const shown = isPlainName ? selector.matchers.slice(0, -1) : selector.matchers
  const inside = shown
    .map((matcher) => printMatcher(matcher, selector.name))
    .sort(compareBytes)
    .join(',')
  const braces = inside === '' ? '' : `{${inside}}`
  return (isPlainName ? selector.name : '') + braces
}

function printMatcher({ op, name, value }: Matcher, metricName: string): string {
  const isName = name === '__name__' && op === '=' && value !== '' && value === metricName
  if (isName) return goQuote(value)
  return `${printLabelName(name)}${op}${goQuote(value)}`
}

function printLabelName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : goQuote(name)
}

function edgesText({ edges }: VectorSelector): string {
  return edges === 'plain' ? '' : ` ${edges}`
}

function printPlace(placed: VectorSelector | Subquery): string {
  const edges = placed.kind === 'vector-selector' ? edgesText(placed) : ''
  return edges + printAt(placed.at) + printOffset(placed.offsetMs, placed.offsetExpr)
}

export function printAt(at: At): string {
  switch (at.kind) {
    case 'none':
      return ''
    case 'time':
      return ` @ ${(at.timeMs / 1000).toFixed(3)}`
    case 'start':
    case 'end':
      return ` @ ${at.kind}()`
  }
}

function printOffset(offsetMs: number, expr: DurationExpr | undefined): string {
  if (expr !== undefined) return ` offset ${printDurationExpr(expr)}`
  return offsetMs === 0 ? '' : ` offset ${printDurationMs(offsetMs)}`
}

function printSpan(ms: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? printDurationMs(ms) : printDurationExpr(expr)
}

function printSubquery(expr: Subquery): string {
  return printExpr(expr.expr) + printSubquerySuffix(expr)
}

/** `[range:step]` and what places it in time. */
export function printSubquerySuffix(expr: Subquery): string {
  const step =
    expr.stepExpr === undefined && expr.stepMs === 0 ? '' : printSpan(expr.stepMs, expr.stepExpr)
  const range = printSpan(expr.rangeMs, expr.rangeExpr)
  return `[${range}:${step}]${printPlace(expr)}`
}

function printDurationNode(node: NumberLiteral | DurationExpr | undefined): string {
  if (node === undefined) return ''
  return node.kind === 'number' ? printNumber(node) : printDurationExpr(node)
}

export function printDurationExpr(expr: DurationExpr): string {
  const [left, right] = [printDurationNode(expr.left), printDurationNode(expr.right)]
  let text: string
  if (expr.op === 'step' || expr.op === 'range') text = `${expr.op}()`
  else if (expr.op === 'min_of' || expr.op === 'max_of') text = `${expr.op}(${left}, ${right})`
  else if (expr.left === undefined) text = expr.op === '-' ? `-${right}` : right
  else text = `${left} ${expr.op} ${right}`
  return expr.wrapped ? `(${text})` : text
}

function printAggregate(expr: Aggregate): string {
  const args = expr.param === undefined ? '' : `${printExpr(expr.param)}, `
  return `${expr.op}${printGrouping(expr)}(${args}${printExpr(expr.expr)})`
}

export function printGrouping({ without, grouping }: Aggregate): string {
  const labels = grouping.map(printLabelName).join(', ')
  if (without) return ` without (${labels}) `
  return grouping.length === 0 ? '' : ` by (${labels}) `
}

/** Chains that associate to the left may be long: they are no nesting. */
function printBinary(expr: Binary): string {
  const links = leftChain(expr)
  const parts = [printExpr(links[0]?.left ?? expr)]
  for (const link of links) {
    parts.push(` ${link.op}${printModifiers(link)} ${printExpr(link.right)}`)
  }
  return parts.join('')
}

export function printModifiers({ returnBool, matching }: Binary): string {
  return (returnBool ? ' bool' : '') + (matching === undefined ? '' : printMatching(matching))
}

function printMatching(matching: VectorMatching): string {
  const { on, labels, card, include, fillLeft, fillRight } = matching
  let text = ''
  const isGrouped = card === 'many-to-one' || card === 'one-to-many'
  if (labels.length > 0 || on || isGrouped) {
    text += ` ${on ? 'on' : 'ignoring'} (${labels.map(printLabelName).join(', ')})`
  }
  if (isGrouped) {
    const side = card === 'many-to-one' ? 'group_left' : 'group_right'
    text += ` ${side} (${include.map(printLabelName).join(', ')})`
  }
  if (fillLeft === undefined && fillRight === undefined) return text
  if (fillLeft === fillRight) return `${text} fill (${goG(fillLeft ?? 0)})`
  if (fillLeft !== undefined) text += ` fill_left (${goG(fillLeft)})`
  return fillRight === undefined ? text : `${text} fill_right (${goG(fillRight)})`
}
