import { EmbeddedActionsParser, type IToken } from 'chevrotain'
import { textOfBytes } from '../../model/byte-text.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Expr, VectorMatching, VectorSelector } from './ast.ts'
import {
  type BinaryModifiers,
  mayFill,
  modifierWords,
  noMatching,
  noModifiers,
} from './binary-modifiers.ts'
import { DurationBuilder, type DurationNode } from './duration-nodes.ts'
import { type Grouping, NodeBuilder, spanOf } from './node-builder.ts'
import { binaryOp, type ChainOperand, type ChainOperator, OperatorChain } from './operator-chain.ts'
import { defaultParseOptions, type ParseOptions } from './parse-options.ts'
import { PlaceModifiers } from './place-modifiers.ts'
import { rangeOrSubquery } from './range-nodes.ts'
import { endOf, isFunctionKeyword, isSign, signed } from './token-nodes.ts'
import { categories as c, tokens as t, vocabulary } from './tokens.ts'

/**
 * The grammar of PromQL 3.14 (rows Q1 to Q5). Expressions are read as chains of operands and
 * operators, which OperatorChain makes into a tree. One instance serves the thread: begin, then call
 * a start rule.
 */
export class PromqlGrammar extends EmbeddedActionsParser {
  builder = new NodeBuilder(defaultParseOptions)
  #durations = new DurationBuilder(this.builder)
  #places = new PlaceModifiers(this.builder)

  constructor() {
    super(vocabulary, { maxLookahead: 2, recoveryEnabled: false, skipValidations: true })
    this.performSelfAnalysis()
  }

  begin(text: readonly IToken[], options: ParseOptions): void {
    this.builder = new NodeBuilder(options)
    this.#durations = new DurationBuilder(this.builder)
    this.#places = new PlaceModifiers(this.builder)
    this.input = [...text]
  }

  readonly expression = this.RULE('expression', (): Expr => {
    const chain = new OperatorChain<Expr, BinaryModifiers>({
      sign: signed,
      binary: (left, operator, right) => this.#binary(left, operator, right),
    })
    const first = this.SUBRULE(this.operand)
    this.ACTION(() => chain.operand(first))
    this.MANY(() => {
      this.ACTION(() => chain.reduceBefore(this.LA(1)))
      const token = this.CONSUME(c.BinaryOperator)
      // A rule costs more than a look, and most operators have no modifiers.
      const isBare = !this.RECORDING_PHASE && !modifierWords.has(this.LA(1).tokenType)
      const modifiers = isBare ? noModifiers : this.SUBRULE(this.binaryModifiers)
      this.ACTION(() => chain.operator({ token, modifiers }))
      const next = this.SUBRULE2(this.operand)
      this.ACTION(() => chain.operand(next))
    })
    return this.ACTION(() => chain.end())
  })

  #binary(left: Expr, operator: ChainOperator<BinaryModifiers>, right: Expr): Expr {
    const { returnBool, matching } = operator.modifiers
    const span = { start: left.span.start, end: right.span.end }
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if (fills && !this.builder.options.binopFillModifiers) {
      const words = 'binop fill modifiers are experimental and not enabled'
      this.builder.fault(span, words, endOf(this.LA(0)))
    }
    return { kind: 'binary', op: binaryOp(operator.token), left, right, returnBool, matching, span }
  }

  readonly operand = this.RULE('operand', (): ChainOperand<Expr> => {
    const signs: IToken[] = []
    this.MANY(() => {
      signs.push(this.CONSUME(c.Sign))
    })
    let node = this.SUBRULE(this.primary)
    this.MANY2(() => {
      node = this.OR([
        { ALT: () => this.SUBRULE(this.brackets, { ARGS: [node] }) },
        { ALT: () => this.SUBRULE(this.offset, { ARGS: [node] }) },
        { ALT: () => this.SUBRULE(this.at, { ARGS: [node] }) },
        { ALT: () => this.SUBRULE(this.edges, { ARGS: [node] }) },
      ])
    })
    return { signs, node }
  })

  readonly primary = this.RULE(
    'primary',
    (): Expr =>
      this.OR([
        { ALT: () => this.#literal(this.CONSUME(t.Number)) },
        { ALT: () => this.#literal(this.CONSUME(t.Duration)) },
        { ALT: () => this.#string(this.CONSUME(t.String)) },
        { ALT: () => this.SUBRULE(this.parenthesized) },
        { ALT: () => this.SUBRULE(this.bareSelector) },
        { GATE: () => this.#isAggregate(), ALT: () => this.SUBRULE(this.aggregate) },
        { GATE: () => this.#isCall(), ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.namedSelector) },
      ]),
  )

  #literal(token: IToken): Expr {
    return this.ACTION(() => this.builder.number(token))
  }

  #string(token: IToken): Expr {
    return this.ACTION(() => this.builder.string(token))
  }

  #isAggregate(): boolean {
    if (this.LA(1).tokenType !== t.Aggregate) return false
    const next = this.LA(2).tokenType
    return next === t.LeftParen || next === t.By || next === t.Without
  }

  #isCall(): boolean {
    const type = this.LA(1).tokenType
    const isWord = type.CATEGORIES?.includes(c.FunctionWord) === true || isFunctionKeyword(type)
    return isWord && this.LA(2).tokenType === t.LeftParen
  }

  readonly parenthesized = this.RULE('parenthesized', (): Expr => {
    const open = this.CONSUME(t.LeftParen)
    const expr = this.SUBRULE(this.expression)
    const close = this.CONSUME(t.RightParen)
    return { kind: 'paren', expr, span: { start: open.startOffset, end: close.startOffset + 1 } }
  })

  readonly call = this.RULE('call', (): Expr => {
    const name = this.CONSUME(c.FunctionWord)
    const { args, end } = this.SUBRULE(this.callBody)
    return this.ACTION(() => this.builder.call(name, args, end))
  })

  readonly callBody = this.RULE('callBody', (): { args: Expr[]; end: number } => {
    const args: Expr[] = []
    this.CONSUME(t.LeftParen)
    this.OPTION(() => {
      args.push(this.SUBRULE(this.expression))
      this.MANY(() => {
        const comma = this.CONSUME(t.Comma)
        this.OPTION2(() => {
          args.push(this.SUBRULE2(this.expression))
        })
        this.ACTION(() => this.#demandArgument(comma))
      })
    })
    const close = this.CONSUME(t.RightParen)
    return { args, end: close.startOffset + 1 }
  })

  #demandArgument(comma: IToken): void {
    if (this.LA(0) !== comma) return
    const words = 'trailing commas not allowed in function call args'
    this.builder.fault(spanOf(comma), words, endOf(comma))
  }

  readonly aggregate = this.RULE('aggregate', (): Expr => {
    const word = this.CONSUME(t.Aggregate)
    let modifier: Grouping | undefined
    this.OPTION(() => {
      modifier = this.SUBRULE(this.aggregateModifier)
    })
    const { args } = this.SUBRULE(this.callBody)
    const isFirst = modifier === undefined
    this.OPTION2({
      GATE: () => isFirst,
      DEF: () => {
        modifier = this.SUBRULE2(this.aggregateModifier)
      },
    })
    return this.ACTION(() => this.builder.aggregate(word, modifier, args, endOf(this.LA(0))))
  })

  readonly aggregateModifier = this.RULE('aggregateModifier', (): Grouping => {
    const word = this.OR([
      { ALT: () => this.CONSUME(t.By) },
      { ALT: () => this.CONSUME(t.Without) },
    ])
    const labels = this.SUBRULE(this.groupingLabels)
    return { without: word.tokenType === t.Without, labels }
  })

  readonly groupingLabels = this.RULE('groupingLabels', (): readonly string[] => {
    this.CONSUME(t.LeftParen)
    return this.SUBRULE(this.groupingList)
  })

  readonly groupingList = this.RULE('groupingList', (): readonly string[] => {
    const labels: string[] = []
    this.OPTION(() => {
      labels.push(this.SUBRULE(this.groupingLabel))
      this.MANY({
        GATE: () => this.LA(0).tokenType !== t.Comma,
        DEF: () => {
          this.CONSUME(t.Comma)
          this.OPTION2(() => {
            labels.push(this.SUBRULE2(this.groupingLabel))
          })
        },
      })
    })
    this.CONSUME(t.RightParen)
    return labels
  })

  readonly groupingLabel = this.RULE('groupingLabel', (): string => {
    const token = this.OR([
      { ALT: () => this.CONSUME(c.LabelWord) },
      { ALT: () => this.CONSUME(t.String) },
    ])
    return this.ACTION(() => this.builder.groupingLabel(token))
  })

  readonly binaryModifiers = this.RULE('binaryModifiers', (): BinaryModifiers => {
    let returnBool = false
    let matching = noMatching
    this.OPTION(() => {
      this.CONSUME(t.Bool)
      returnBool = true
    })
    this.OPTION2(() => {
      matching = this.SUBRULE(this.matchingLabels)
    })
    this.MANY({
      GATE: () => mayFill(matching, this.LA(1).tokenType),
      DEF: () => {
        matching = { ...matching, ...this.SUBRULE(this.fill) }
      },
    })
    return { returnBool, matching }
  })

  readonly matchingLabels = this.RULE('matchingLabels', (): VectorMatching => {
    const word = this.OR([
      { ALT: () => this.CONSUME(t.On) },
      { ALT: () => this.CONSUME(t.Ignoring) },
    ])
    const labels = this.SUBRULE(this.groupingLabels)
    let matching: VectorMatching = { ...noMatching, on: word.tokenType === t.On, labels }
    this.OPTION(() => {
      const side = this.OR2([
        { ALT: () => this.CONSUME(t.GroupLeft) },
        { ALT: () => this.CONSUME(t.GroupRight) },
      ])
      const card = side.tokenType === t.GroupLeft ? 'many-to-one' : 'one-to-many'
      matching = { ...matching, card }
      this.OPTION2(() => {
        matching = { ...matching, include: this.SUBRULE2(this.groupingLabels) }
      })
    })
    return matching
  })

  readonly fill = this.RULE('fill', (): Partial<Pick<VectorMatching, 'fillLeft' | 'fillRight'>> => {
    const word = this.OR([
      { ALT: () => this.CONSUME(t.Fill) },
      { ALT: () => this.CONSUME(t.FillLeft) },
      { ALT: () => this.CONSUME(t.FillRight) },
    ])
    this.CONSUME(t.LeftParen)
    const value = this.SUBRULE(this.signedNumber)
    this.CONSUME(t.RightParen)
    if (word.tokenType === t.FillLeft) return { fillLeft: value }
    if (word.tokenType === t.FillRight) return { fillRight: value }
    return { fillLeft: value, fillRight: value }
  })

  readonly signedNumber = this.RULE('signedNumber', (): number => {
    let sign = 1
    this.OPTION(() => {
      sign = this.CONSUME(c.Sign).image === '-' ? -1 : 1
    })
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Number) },
      { ALT: () => this.CONSUME(t.Duration) },
    ])
    return this.ACTION(() => sign * this.builder.number(token).value)
  })

  /** A start rule of its own: what match[] takes. */
  readonly selector = this.RULE(
    'selector',
    (): VectorSelector =>
      this.OR([
        { ALT: () => this.SUBRULE(this.bareSelector) },
        { ALT: () => this.SUBRULE(this.namedSelector) },
      ]),
  )

  readonly bareSelector = this.RULE('bareSelector', (): VectorSelector => {
    const open = this.LA(1)
    const matchers = this.SUBRULE(this.labelMatchers)
    return this.ACTION(() =>
      this.builder.selector('', matchers, { start: open.startOffset, end: endOf(this.LA(0)) }),
    )
  })

  readonly namedSelector = this.RULE('namedSelector', (): VectorSelector => {
    const name = this.CONSUME(c.MetricWord)
    let matchers: readonly (Matcher | undefined)[] = []
    this.OPTION(() => {
      matchers = this.SUBRULE(this.labelMatchers)
    })
    return this.ACTION(() => {
      const span = { start: name.startOffset, end: endOf(this.LA(0)) }
      return this.builder.selector(textOfBytes(name.image), matchers, span)
    })
  })

  readonly labelMatchers = this.RULE('labelMatchers', (): readonly (Matcher | undefined)[] => {
    const matchers: (Matcher | undefined)[] = []
    this.CONSUME(t.LeftBrace)
    this.OPTION(() => {
      matchers.push(this.SUBRULE(this.labelMatcher))
      this.MANY({
        GATE: () => this.LA(0).tokenType !== t.Comma,
        DEF: () => {
          this.CONSUME(t.Comma)
          this.OPTION2(() => {
            matchers.push(this.SUBRULE2(this.labelMatcher))
          })
        },
      })
    })
    this.CONSUME(t.RightBrace)
    return matchers
  })

  readonly labelMatcher = this.RULE('labelMatcher', (): Matcher | undefined => {
    let op: IToken | undefined
    let value: IToken | undefined
    const name = this.OR([
      {
        ALT: () => {
          const word = this.CONSUME(t.Identifier)
          op = this.CONSUME(c.MatchOperator)
          value = this.CONSUME(t.String)
          return word
        },
      },
      {
        ALT: () => {
          const text = this.CONSUME2(t.String)
          this.OPTION(() => {
            op = this.CONSUME2(c.MatchOperator)
            value = this.CONSUME3(t.String)
          })
          return text
        },
      },
    ])
    return this.ACTION(() => this.builder.matcher(name, op, value))
  })

  readonly brackets = this.RULE('brackets', (expr: Expr): Expr => {
    const open = this.CONSUME(t.LeftBracket)
    const range = this.SUBRULE(this.positiveDuration)
    let step: DurationNode | undefined
    let isSubquery = false
    this.OPTION(() => {
      this.CONSUME(t.Colon)
      isSubquery = true
      this.OPTION2(() => {
        step = this.SUBRULE2(this.positiveDuration)
      })
    })
    const close = this.CONSUME(t.RightBracket)
    return this.ACTION(() =>
      rangeOrSubquery(this.builder, { expr, open, close, range, isSubquery, step }),
    )
  })

  readonly positiveDuration = this.RULE('positiveDuration', (): DurationNode => {
    const node = this.SUBRULE(this.duration)
    return this.ACTION(() => this.#durations.positive(node, endOf(this.LA(0))))
  })

  readonly duration = this.RULE('duration', (sign?: IToken): DurationNode => {
    const chain = new OperatorChain<DurationNode, undefined>({
      sign: (token, node) => this.#durations.sign(token, node, endOf(this.LA(0))),
      binary: (left, { token }, right) =>
        this.#durations.binary(left, token, right, endOf(this.LA(0))),
    })
    const first = this.SUBRULE(this.durationOperand, { ARGS: [sign] })
    this.ACTION(() => chain.operand(first))
    this.MANY(() => {
      this.ACTION(() => chain.reduceBefore(this.LA(1)))
      const token = this.CONSUME(c.DurationOperator)
      this.ACTION(() => chain.operator({ token, modifiers: undefined }))
      const next = this.SUBRULE2(this.durationOperand)
      this.ACTION(() => chain.operand(next))
    })
    return this.ACTION(() => chain.end())
  })

  readonly durationOperand = this.RULE('durationOperand', (sign?: IToken) => {
    const signs: IToken[] = sign === undefined ? [] : [sign]
    this.MANY(() => {
      signs.push(this.CONSUME(c.Sign))
    })
    return { signs, node: this.SUBRULE(this.durationAtom) }
  })

  readonly durationAtom = this.RULE(
    'durationAtom',
    (sign?: IToken): DurationNode =>
      this.OR([
        { ALT: () => this.#durationLiteral(this.CONSUME(t.Number), sign) },
        { ALT: () => this.#durationLiteral(this.CONSUME(t.Duration), sign) },
        { ALT: () => this.SUBRULE(this.durationCall, { ARGS: [sign] }) },
        { ALT: () => this.SUBRULE(this.extreme, { ARGS: [sign] }) },
        { ALT: () => this.SUBRULE(this.wrappedDuration, { ARGS: [sign] }) },
      ]),
  )

  #durationLiteral(token: IToken, sign: IToken | undefined): DurationNode {
    return this.ACTION(() => this.#durations.literal(token, sign))
  }

  readonly durationCall = this.RULE('durationCall', (sign?: IToken): DurationNode => {
    const word = this.CONSUME(c.StepOrRange)
    this.CONSUME(t.LeftParen)
    const close = this.CONSUME(t.RightParen)
    return this.ACTION(() => this.#durations.call(word, [], close.startOffset + 1, sign))
  })

  readonly extreme = this.RULE('extreme', (sign?: IToken): DurationNode => {
    const word = this.CONSUME(c.ExtremeWord)
    this.CONSUME(t.LeftParen)
    const left = this.SUBRULE(this.duration)
    this.CONSUME(t.Comma)
    const right = this.SUBRULE2(this.duration)
    const close = this.CONSUME(t.RightParen)
    return this.ACTION(() => this.#durations.call(word, [left, right], close.startOffset + 1, sign))
  })

  readonly wrappedDuration = this.RULE('wrappedDuration', (sign?: IToken): DurationNode => {
    const open = this.CONSUME(t.LeftParen)
    const node = this.SUBRULE(this.duration)
    const close = this.CONSUME(t.RightParen)
    return this.ACTION(() => this.#durations.wrapped(node, open, close.startOffset + 1, sign))
  })

  /** `x offset -2 ^ 2` is `(x offset -2) ^ 2`: only two signs or a parenthesis begin an expression. */
  readonly offset = this.RULE('offset', (expr: Expr): Expr => {
    this.CONSUME(t.Offset)
    let sign: IToken | undefined
    this.OPTION(() => {
      sign = this.CONSUME(c.Sign)
    })
    const isExpression =
      sign === undefined ? this.LA(1).tokenType === t.LeftParen : isSign(this.LA(1))
    const node = this.OR({
      DEF: [
        { GATE: () => isExpression, ALT: () => this.SUBRULE(this.duration, { ARGS: [sign] }) },
        { ALT: () => this.SUBRULE(this.durationAtom, { ARGS: [sign] }) },
      ],
      MAX_LOOKAHEAD: 1,
      IGNORE_AMBIGUITIES: true,
    })
    return this.ACTION(() => this.#places.offset(expr, node, endOf(this.LA(0))))
  })

  readonly at = this.RULE('at', (expr: Expr): Expr => {
    this.CONSUME(t.At)
    return this.OR([
      {
        ALT: () => {
          const seconds = this.SUBRULE(this.signedNumber)
          return this.ACTION(() => this.#places.atTime(expr, seconds, endOf(this.LA(0))))
        },
      },
      {
        ALT: () => {
          const word = this.CONSUME(c.StartOrEnd)
          this.CONSUME(t.LeftParen)
          this.CONSUME(t.RightParen)
          const edge = word.image?.toLowerCase() === 'end' ? 'end' : 'start'
          return this.ACTION(() => this.#places.atEdge(expr, edge, endOf(this.LA(0))))
        },
      },
    ])
  })

  readonly edges = this.RULE('edges', (expr: Expr): Expr => {
    const word = this.OR([
      { ALT: () => this.CONSUME(t.Anchored) },
      { ALT: () => this.CONSUME(t.Smoothed) },
    ])
    return this.ACTION(() => {
      const edges = word.tokenType === t.Anchored ? 'anchored' : 'smoothed'
      return this.#places.edges(expr, edges, expr.span.end)
    })
  })
}
