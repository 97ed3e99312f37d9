import { EmbeddedActionsParser, EOF, type IToken } from 'chevrotain'
import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { ConstantError, numberConstant, unquoted } from './template-constants.ts'
import { type CommandNode, nodeText, type OperandNode, type PipeNode } from './template-nodes.ts'
import { tokens as t, vocabulary } from './template-tokens.ts'

/** What is wrong with a template beyond its grammar; Go tells the line that it has read up to. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault'

  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message)
  }
}

export interface TemplateInput {
  readonly name: string
  readonly text: string
  readonly tokens: readonly IToken[]
  readonly hasFunction: (name: string) => boolean
}

/** Variables and loops of one template: a definition inside another one starts anew. */
export interface Scope {
  names: string[]
  loops: number
}

/**
 * The pipelines of Go's text/template: what stands between braces. The message of an error that
 * Chevrotain finds is the context that Go's words name; what it does not find is a TemplateFault.
 */
export abstract class PipelineGrammar extends EmbeddedActionsParser {
  protected source: TemplateInput = { name: '', text: '', tokens: [], hasFunction: () => false }
  protected scope: Scope = newScope()
  #parens = 0
  /** Up to which the tokens were looked at. */
  readLine = 1

  constructor() {
    super(vocabulary, {
      maxLookahead: 1,
      recoveryEnabled: false,
      skipValidations: true,
      errorMessageProvider: {
        buildMismatchTokenMessage: ({ ruleName }) => ruleName,
        buildNotAllInputParsedMessage: () => 'input',
        buildNoViableAltMessage: ({ customUserDescription = '' }) => customUserDescription,
        buildEarlyExitMessage: () => 'input',
      },
    })
  }

  begin(source: TemplateInput): void {
    this.source = source
    this.scope = newScope()
    this.#parens = 0
    this.readLine = 1
    this.input = [...source.tokens]
  }

  readonly closedPipeline = this.RULE('closedPipeline', (context: string): PipeNode => {
    const pipe = this.SUBRULE(this.pipeline, { ARGS: [context] })
    this.CONSUME(t.Right, { ERR_MSG: context })
    this.ACTION(() => this.checkPipeline(pipe, context))
    return pipe
  })

  readonly parenthesized = this.RULE('parenthesized', (): PipeNode => {
    const context = 'parenthesized pipeline'
    this.CONSUME(t.LeftParen)
    if (this.#parens >= limits.templateNestingMax) this.fail('max expression depth exceeded')
    this.#parens++
    const pipe = this.SUBRULE(this.pipeline, { ARGS: [context] })
    this.CONSUME(t.RightParen, { ERR_MSG: context })
    this.#parens--
    this.ACTION(() => this.checkPipeline(pipe, context))
    return pipe
  })

  readonly pipeline = this.RULE('pipeline', (context: string): PipeNode => {
    const offset = this.LA(1).startOffset
    const pipe: PipeNode = { kind: 'pipe', offset, declared: [], isAssignment: false, commands: [] }
    let mayDeclare = true
    this.MANY({
      GATE: () => mayDeclare && this.#isDeclaration(),
      DEF: () => {
        mayDeclare = this.SUBRULE(this.declaration, { ARGS: [pipe, context] })
      },
    })
    this.MANY2(() => pipe.commands.push(this.SUBRULE(this.command)))
    return pipe
  })

  /** `$x :=`, `$x =` or the first of `$x, $y :=`; true where another one may follow. */
  readonly declaration = this.RULE('declaration', (pipe: PipeNode, context: string): boolean => {
    const { image, startOffset } = this.CONSUME(t.Variable)
    const { tokenType } = this.OR([
      { ALT: () => this.CONSUME(t.Assign) },
      { ALT: () => this.CONSUME(t.Declare) },
      { ALT: () => this.CONSUME(t.Comma) },
    ])
    return this.ACTION(() => {
      pipe.declared.push({ kind: 'variable', offset: startOffset, names: [image] })
      this.scope.names.push(image)
      pipe.isAssignment = tokenType === t.Assign
      if (tokenType !== t.Comma) return false
      if (context !== 'range' || pipe.declared.length >= 2) {
        this.fail(`too many declarations in ${context}`)
      }
      const next = this.LA(1)
      this.read(next)
      if ([t.Variable, t.Right, t.RightParen].includes(next.tokenType)) return true
      return this.fail('range can only initialize variables')
    })
  })

  readonly command = this.RULE('command', (): CommandNode => {
    const offset = this.LA(1).startOffset
    const operands = [this.SUBRULE(this.operand)]
    this.MANY({
      GATE: () => !this.#isAdjacent(),
      DEF: () => operands.push(this.SUBRULE2(this.operand)),
    })
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.Pipe) },
        {
          GATE: () => [t.Right, t.RightParen].includes(this.LA(1).tokenType),
          ALT: () => undefined,
        },
      ],
      ERR_MSG: 'operand',
    })
    return { kind: 'command', offset, operands }
  })

  readonly operand = this.RULE('operand', (): OperandNode => {
    const node = this.SUBRULE(this.term)
    const { startOffset: offset } = this.LA(1)
    const names: string[] = []
    this.MANY({
      GATE: () => this.#isAdjacent(),
      DEF: () => names.push(this.CONSUME(t.Field).image.slice(1)),
    })
    return this.ACTION(() => (names.length === 0 ? node : this.#withFields(node, offset, names)))
  })

  readonly term = this.RULE(
    'term',
    (): OperandNode =>
      this.OR({
        DEF: [
          { ALT: () => this.#identifier(this.CONSUME(t.Identifier)) },
          { ALT: () => ({ kind: 'dot', offset: this.CONSUME(t.Dot).startOffset }) },
          { ALT: () => this.#variable(this.CONSUME(t.Variable)) },
          { ALT: () => this.#field(this.CONSUME(t.Field)) },
          { ALT: () => this.#bool(this.CONSUME(t.Bool)) },
          { ALT: () => this.#number(this.CONSUME(t.Character), 'character') },
          { ALT: () => this.#number(this.CONSUME(t.Complex), 'number') },
          { ALT: () => this.#number(this.CONSUME(t.Number), 'number') },
          { ALT: () => this.SUBRULE(this.parenthesized) },
          { ALT: () => this.#string(this.CONSUME(t.String)) },
          { ALT: () => this.#string(this.CONSUME(t.RawString)) },
          { ALT: () => ({ kind: 'nil', offset: this.CONSUME(t.Nil).startOffset }) },
        ],
        ERR_MSG: 'operand',
      }),
  )

  #isDeclaration(): boolean {
    if (this.LA(1).tokenType !== t.Variable) return false
    const next = this.LA(2)
    this.read(next)
    return [t.Assign, t.Declare, t.Comma].includes(next.tokenType)
  }

  /** No blanks before the next token. */
  #isAdjacent(): boolean {
    return (this.LA(0).endOffset ?? Number.NaN) + 1 === this.LA(1).startOffset
  }

  protected checkPipeline({ commands }: PipeNode, context: string): void {
    if (commands.length === 0) this.fail(`missing value for ${context}`)
    commands.forEach(({ operands: [first] }, index) => {
      if (index === 0 || first === undefined) return
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(first.kind)) {
        this.fail(`non executable command in pipeline stage ${index + 1}`)
      }
    })
  }

  #withFields(node: OperandNode, offset: number, names: readonly string[]): OperandNode {
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, offset, names: [...node.names, ...names] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        if (this.#isAdjacent()) this.read(this.LA(1))
        return this.fail(`unexpected . after term ${goQuote(nodeText(node))}`)
      default:
        return { kind: 'chain', offset, node, names }
    }
  }

  #identifier({ image: name, startOffset: offset }: IToken): OperandNode {
    return this.ACTION(() => {
      if (!this.source.hasFunction(name)) this.fail(`function ${goQuote(name)} not defined`)
      return { kind: 'identifier', offset, name }
    })
  }

  #variable({ image: name, startOffset: offset }: IToken): OperandNode {
    return this.ACTION(() => {
      if (!this.scope.names.includes(name)) this.fail(`undefined variable ${goQuote(name)}`)
      return { kind: 'variable', offset, names: [name] }
    })
  }

  #field({ image, startOffset: offset }: IToken): OperandNode {
    return { kind: 'field', offset, names: [image.slice(1)] }
  }

  #bool({ image, startOffset: offset }: IToken): OperandNode {
    return { kind: 'bool', offset, value: image === 'true' }
  }

  #number({ image: text, startOffset: offset }: IToken, kind: 'character' | 'number'): OperandNode {
    return this.ACTION(() => {
      return { kind: 'number', offset, text, ...this.constant(() => numberConstant(text, kind)) }
    })
  }

  #string({ image: quoted, startOffset: offset }: IToken): OperandNode {
    return this.ACTION(() => {
      const text = this.constant(() => unquoted(quoted))
      return { kind: 'string', offset, quoted, text }
    })
  }

  protected constant<T>(read: () => T): T {
    try {
      return read()
    } catch (thrown) {
      if (!(thrown instanceof ConstantError)) throw thrown
      return this.fail(thrown.message)
    }
  }

  /** Go has looked at it, so that errors tell its line. */
  protected read(token: IToken): void {
    this.readLine = Math.max(this.readLine, this.lineOf(token))
  }

  protected fail(message: string): never {
    this.read(this.LA(0))
    throw new TemplateFault(this.readLine, message)
  }

  lineOf({ tokenType, image, startLine = 1 }: IToken): number {
    if (tokenType === EOF) return this.source.text.split('\n').length
    // Its first blank is not yet the sign.
    return tokenType === t.Right && image.startsWith('\n') ? startLine + 1 : startLine
  }
}

export function newScope(): Scope {
  return { names: ['$'], loops: 0 }
}
