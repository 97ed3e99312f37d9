import type { IToken } from 'chevrotain'
import { textOfBytes } from '../../model/byte-text.ts'
import { DurationError, parseDurationMs } from '../../model/duration.ts'
import { Matcher, type MatchOp } from '../../model/matcher.ts'
import { RegexError } from '../../model/regex.ts'
import type {
  Aggregate,
  AggregateOp,
  Call,
  Expr,
  NumberLiteral,
  Span,
  StringLiteral,
  VectorSelector,
} from './ast.ts'
import { functionSignatures } from './function-signatures.ts'
import { numberOfText } from './number-text.ts'
import type { ParseFault } from './parse-error.ts'
import type { ParseOptions } from './parse-options.ts'
import { UnquoteError, unquote } from './scan-string.ts'
import { quoted, tokens } from './tokens.ts'

export function spanOf(token: IToken): Span {
  return { start: token.startOffset, end: token.startOffset + token.image.length }
}

/** `by (labels)` or `without (labels)`. */
export interface Grouping {
  readonly without: boolean
  readonly labels: readonly string[]
}

/** Makes the leaves and simple nodes of a tree, and notes what is wrong with them. */
export class NodeBuilder {
  readonly faults: ParseFault[] = []
  constructor(readonly options: ParseOptions) {}

  fault(span: Span, message: string, nextEnd?: number): void {
    this.faults.push({ span, message, nextEnd })
  }

  number(token: IToken): NumberLiteral {
    const span = spanOf(token)
    const isDuration = token.tokenType === tokens.Duration
    const value = isDuration ? this.seconds(token) : this.numberValue(token)
    return { kind: 'number', value, isDuration, span }
  }

  seconds(token: IToken): number {
    try {
      return parseDurationMs(token.image) / 1000
    } catch (thrown) {
      if (!(thrown instanceof DurationError)) throw thrown
      this.fault(spanOf(token), thrown.message)
      return 0
    }
  }

  numberValue(token: IToken): number {
    const value = numberOfText(token.image.toLowerCase())
    if (typeof value === 'number') return value
    const words = `error parsing number: strconv.ParseFloat: parsing ${quoted(token.image)}: ${value}`
    this.fault(spanOf(token), words)
    return 0
  }

  string(token: IToken): StringLiteral {
    return { kind: 'string', value: this.unquoted(token), span: spanOf(token) }
  }

  unquoted(token: IToken): string {
    try {
      return textOfBytes(unquote(token.image))
    } catch (thrown) {
      if (!(thrown instanceof UnquoteError)) throw thrown
      this.fault(spanOf(token), `error unquoting string ${quoted(token.image)}: ${thrown.message}`)
      return ''
    }
  }

  /** A label name in a grouping: a word, or a string. */
  groupingLabel(token: IToken): string {
    const name = token.tokenType === tokens.String ? this.unquoted(token) : token.image
    if (name === '') this.fault(spanOf(token), `invalid label name for grouping: ${quoted(name)}`)
    return name
  }

  /** `name op "value"`, or a quoted metric name where there is no operator. */
  matcher(name: IToken, op: IToken | undefined, value: IToken | undefined): Matcher | undefined {
    const label = name.tokenType === tokens.String ? this.unquoted(name) : name.image
    if (op === undefined || value === undefined) return new Matcher('=', '__name__', label)
    try {
      return new Matcher(matchOp(op.image), label, this.unquoted(value))
    } catch (thrown) {
      if (!(thrown instanceof RegexError)) throw thrown
      this.fault({ start: spanOf(name).start, end: spanOf(value).end }, thrown.message)
      return undefined
    }
  }

  selector(name: string, found: readonly (Matcher | undefined)[], span: Span): VectorSelector {
    const matchers = found.filter((matcher) => matcher !== undefined)
    if (name !== '') matchers.push(new Matcher('=', '__name__', name))
    const placed = { at: { kind: 'none' }, offsetMs: 0, offsetExpr: undefined } as const
    return { kind: 'vector-selector', name, matchers, edges: 'plain', span, ...placed }
  }

  call(name: IToken, args: readonly Expr[], end: number): Call {
    const signature = functionSignatures.get(name.image)
    if (signature === undefined) {
      this.fault(spanOf(name), `unknown function with name ${quoted(name.image)}`)
    } else if (signature.experimental && !this.options.experimentalFunctions) {
      this.fault(spanOf(name), `function ${quoted(name.image)} is not enabled`)
    }
    return { kind: 'call', name: name.image, args, span: { start: name.startOffset, end } }
  }

  aggregate(
    word: IToken,
    modifier: Grouping | undefined,
    args: readonly Expr[],
    end: number,
  ): Aggregate {
    // Without one, the next token tells whether one follows.
    const nextEnd = modifier === undefined ? end : undefined
    const op = aggregateOp(word.image.toLowerCase())
    const span = { start: word.startOffset, end }
    const takesParam = withParam.has(op)
    const wanted = takesParam ? 2 : 1
    if (args.length === 0)
      this.fault(span, 'no arguments for aggregate expression provided', nextEnd)
    else if (experimentalOps.has(op) && !this.options.experimentalFunctions) {
      this.fault(
        span,
        `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
        nextEnd,
      )
    } else if (args.length !== wanted) {
      const words = 'wrong number of arguments for aggregate expression provided'
      this.fault(span, `${words}, expected ${wanted}, got ${args.length}`, nextEnd)
    }
    const nothing: NumberLiteral = { kind: 'number', value: 0, isDuration: false, span }
    return {
      kind: 'aggregate',
      op,
      expr: args[wanted - 1] ?? nothing,
      param: takesParam ? args[0] : undefined,
      grouping: modifier?.labels ?? [],
      without: modifier?.without ?? false,
      span,
    }
  }
}

const withParam: ReadonlySet<AggregateOp> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])
const experimentalOps: ReadonlySet<AggregateOp> = new Set(['limitk', 'limit_ratio'])

/** The lexer hands over only words of this set. */
function aggregateOp(word: string): AggregateOp
function aggregateOp(word: string): string {
  return word
}

/** The lexer hands over only the four operators. */
function matchOp(image: string): MatchOp
function matchOp(image: string): string {
  return image
}
