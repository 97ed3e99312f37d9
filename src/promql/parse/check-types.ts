import { unreachable } from '../../base/assert.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { Binary, Call, Expr, Span, ValueType, VectorSelector } from './ast.ts'
import { type FunctionSignature, functionSignatures } from './function-signatures.ts'
import { leftChain } from './left-chain.ts'
import { quoted } from './tokens.ts'

/** Notes a fault at a place. */
export type Complain = (span: Span, message: string) => void

/** The types in the words of the documentation. */
export const documentedTypes: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
}
const setOps: ReadonlySet<string> = new Set(['and', 'or', 'unless'])
const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

/** The type of an expression, whether or not it is well-formed. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
    case 'duration':
      return 'scalar'
    case 'string':
      return 'string'
    case 'vector-selector':
    case 'aggregate':
      return 'vector'
    case 'range-selector':
    case 'subquery':
      return 'matrix'
    case 'call':
      return functionSignatures.get(expr.name)?.returns ?? 'vector'
    case 'binary':
      return typeOfChain(expr)
    case 'unary':
    case 'paren':
      return typeOf(expr.expr)
    default:
      return unreachable(expr)
  }
}

function typeOfChain(expr: Binary): ValueType {
  const links = leftChain(expr)
  const operands = [links[0]?.left ?? expr, ...links.map(({ right }) => right)]
  return operands.every((operand) => typeOf(operand) === 'scalar') ? 'scalar' : 'vector'
}

/**
 * Checks types, arguments and matching as upstream's parser does, with its words, and answers the
 * tree with what the types decide: set operators match many to many, and no vectors no matching.
 */
export class TypeChecker {
  readonly #complain: Complain
  readonly #text: string

  /** `text` is the query as latin1 of its bytes. */
  constructor(text: string, complain: Complain) {
    this.#text = text
    this.#complain = complain
  }

  check(expr: Expr): Expr {
    switch (expr.kind) {
      case 'number':
      case 'string':
      case 'duration':
        return expr
      case 'vector-selector':
        this.#checkSelector(expr, false)
        return expr
      case 'range-selector':
        this.#checkSelector(expr.selector, false)
        return expr
      case 'subquery':
        return this.#checkSubquery(expr)
      case 'paren':
        return { ...expr, expr: this.check(expr.expr) }
      case 'unary':
        return this.#checkUnary(expr)
      case 'aggregate':
        return this.#checkAggregate(expr)
      case 'call':
        return this.#checkCall(expr)
      case 'binary':
        return this.#checkChain(expr)
      default:
        return unreachable(expr)
    }
  }

  #checkSelector(selector: VectorSelector, mayBeEmpty: boolean): void {
    const { name, matchers, span } = selector
    if (name === 'nothing' && matchers.length === 1 && span.end === span.start) return
    if (name !== '') {
      for (const matcher of matchers.slice(0, -1)) {
        if (matcher.name !== '__name__') continue
        const words = `${goQuote(name)} or ${goQuote(matcher.value)}`
        this.#complain(span, `metric name must not be set twice: ${words}`)
      }
      return
    }
    if (mayBeEmpty || matchers.some((matcher) => !matcher.matches(''))) return
    this.#complain(span, 'vector selector must contain at least one non-empty matcher')
  }

  #checkSubquery(expr: Extract<Expr, { kind: 'subquery' }>): Expr {
    const inner = this.check(expr.expr)
    const type = typeOf(inner)
    if (type !== 'vector') {
      this.#complain(expr.span, `subquery is only allowed on instant vector, got ${type} instead`)
    }
    return { ...expr, expr: inner }
  }

  #checkUnary(expr: Extract<Expr, { kind: 'unary' }>): Expr {
    const inner = this.check(expr.expr)
    const type = typeOf(inner)
    if (type !== 'scalar' && type !== 'vector') {
      const words = 'unary expression only allowed on expressions of type scalar or instant vector'
      this.#complain(expr.span, `${words}, got "${documentedTypes[type]}"`)
    }
    return { ...expr, expr: inner }
  }

  #checkAggregate(expr: Extract<Expr, { kind: 'aggregate' }>): Expr {
    const inner = this.#expect(expr.expr, 'vector', 'aggregation expression')
    if (expr.param === undefined) return { ...expr, expr: inner }
    const wanted = expr.op === 'count_values' ? 'string' : 'scalar'
    const param = this.#expect(expr.param, wanted, 'aggregation parameter')
    return { ...expr, expr: inner, param }
  }

  #expect(expr: Expr, wanted: ValueType, where: string): Expr {
    const checked = this.check(expr)
    const type = typeOf(checked)
    if (type !== wanted) {
      this.#complain(
        expr.span,
        `expected type ${documentedTypes[wanted]} in ${where}, got ${documentedTypes[type]}`,
      )
    }
    return checked
  }

  #checkCall(expr: Call): Expr {
    const signature = functionSignatures.get(expr.name)
    if (signature === undefined) return expr
    this.#checkArgumentCount(expr, signature)
    const infoLabels = expr.name === 'info' ? expr.args[1] : undefined
    if (infoLabels !== undefined) this.#checkInfoLabels(expr, infoLabels)
    const args = expr.args.map((arg, index) => {
      if (arg === infoLabels && arg.kind === 'vector-selector') {
        this.#checkSelector(arg, true)
        return arg
      }
      const wanted =
        signature.args[index] ?? (signature.variadic === 0 ? undefined : signature.args.at(-1))
      if (wanted === undefined) return this.check(arg)
      return this.#expect(arg, wanted, `call to function ${quoted(expr.name)}`)
    })
    return { ...expr, args }
  }

  #checkArgumentCount(expr: Call, { args, variadic }: FunctionSignature): void {
    const got = `argument(s) in call to ${quoted(expr.name)}, got ${expr.args.length}`
    if (variadic === 0) {
      if (expr.args.length !== args.length)
        this.#complain(expr.span, `expected ${args.length} ${got}`)
      return
    }
    const least = args.length - 1
    if (expr.args.length < least) this.#complain(expr.span, `expected at least ${least} ${got}`)
    else if (variadic > 0 && expr.args.length > least + variadic) {
      this.#complain(expr.span, `expected at most ${least + variadic} ${got}`)
    }
  }

  /** The second argument of info() is a selector of labels, which may match everything. */
  #checkInfoLabels(expr: Call, second: Expr): void {
    if (typeOf(second) !== 'vector') {
      const words = `call to function "info", got ${documentedTypes[typeOf(second)]}`
      this.#complain(expr.span, `expected type ${documentedTypes.vector} in ${words}`)
    }
    if (second.kind !== 'vector-selector') {
      this.#complain(second.span, 'expected label selectors only')
    } else if (second.name !== '') {
      this.#complain(second.span, 'expected label selectors only, got vector selector instead')
    }
  }

  /** A chain that nests to the left is checked from its beginning, in a loop. */
  #checkChain(expr: Binary): Expr {
    const links = leftChain(expr)
    let left = this.check(links[0]?.left ?? expr)
    let leftType = typeOf(left)
    for (const link of links) {
      const right = this.check(link.right)
      const rightType = typeOf(right)
      left = this.#checkBinary(link, left, leftType, right, rightType)
      leftType = leftType === 'scalar' && rightType === 'scalar' ? 'scalar' : 'vector'
    }
    return left
  }

  #checkBinary(
    expr: Binary,
    left: Expr,
    leftType: ValueType,
    right: Expr,
    rightType: ValueType,
  ): Expr {
    const isSet = setOps.has(expr.op)
    const isComparison = comparisons.has(expr.op)
    const areScalars = leftType === 'scalar' && rightType === 'scalar'
    if (expr.returnBool && !isComparison) {
      this.#complain(this.#opSpan(expr), 'bool modifier can only be used on comparison operators')
    }
    if (isComparison && !expr.returnBool && areScalars) {
      this.#complain(this.#opSpan(expr), 'comparisons between scalars must use BOOL modifier')
    }
    const both =
      expr.matching?.labels.filter((label) => expr.matching?.include.includes(label)) ?? []
    if (expr.matching?.on === true) {
      for (const label of both) {
        const words = `label ${goQuote(label)} must not occur in ON and GROUP clause at once`
        this.#complain(this.#opSpan(expr), words)
      }
    }
    for (const [side, type] of [
      [left, leftType],
      [right, rightType],
    ] as const) {
      if (type === 'scalar' || type === 'vector') continue
      this.#complain(
        side.span,
        'binary expression must contain only scalar and instant vector types',
      )
    }
    const matching = this.#checkMatching(
      expr,
      isSet,
      leftType === 'vector' && rightType === 'vector',
    )
    if (isSet && (leftType === 'scalar' || rightType === 'scalar')) {
      this.#complain(
        expr.span,
        `set operator ${quoted(expr.op)} not allowed in binary scalar expression`,
      )
    }
    return { ...expr, left, right, matching }
  }

  #checkMatching(expr: Binary, isSet: boolean, areVectors: boolean): Binary['matching'] {
    const { matching, span, op } = expr
    if (matching === undefined) return undefined
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if (!areVectors) {
      if (matching.labels.length > 0) {
        this.#complain(span, 'vector matching only allowed between instant vectors')
      }
      if (fills) {
        this.#complain(span, 'filling in missing series only allowed between instant vectors')
      }
      return undefined
    }
    if (!isSet) return matching
    if (matching.card !== 'one-to-one') {
      this.#complain(span, `no grouping allowed for ${quoted(op)} operation`)
      this.#complain(span, 'set operations must always be many-to-many')
    }
    if (fills) this.#complain(span, 'filling in missing series not allowed for set operators')
    return { ...matching, card: 'many-to-many' }
  }

  /** From behind the left side to before the right one, without spaces at the ends. */
  #opSpan(expr: Binary): Span {
    let start = expr.left.span.end
    let end = expr.right.span.start - 1
    while (/\s/.test(this.#text.charAt(start))) start++
    while (/\s/.test(this.#text.charAt(end))) end--
    return { start, end: end }
  }
}
