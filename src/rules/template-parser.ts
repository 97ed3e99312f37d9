import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { ConstantError, numberConstant, unquoted } from './template-constants.ts'
import { TemplateLexer, type TemplateToken, type TemplateTokenKind } from './template-lexer.ts'
import {
  type BranchNode,
  type CallNode,
  type CommandNode,
  type ListNode,
  nodeText,
  type OperandNode,
  type PipeNode,
  type SignNode,
  type TemplateNode,
} from './template-nodes.ts'

/** A template that does not parse, in Go's words with its name and line. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError'
}

/** The template itself under its own name, and what it defines. */
export type TemplateTrees = ReadonlyMap<string, ListNode>

interface ParseInput {
  readonly name: string
  readonly text: string
  readonly hasFunction: (name: string) => boolean
}

/**
 * Parses Go's template language (https://pkg.go.dev/text/template). By hand, step for step as Go's
 * own parser goes: which error is told, and with which words, depends on its order of looking at
 * things, and rules files are checked by those words. Throws TemplateSyntaxError.
 */
export function parseTemplate(input: ParseInput): TemplateTrees {
  try {
    return new TemplateParser(input).parse()
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new TemplateSyntaxError(`template: ${input.name}: nested too deeply`)
  }
}

/** Variables and loops of one template: a definition inside another one starts anew. */
interface Scope {
  names: string[]
  loops: number
}

class TemplateParser {
  readonly #input: ParseInput
  readonly #lexer: TemplateLexer
  readonly #trees = new Map<string, ListNode>()
  #scope: Scope = newScope()
  /** Tokens that were put back, the next one last. */
  readonly #held: TemplateToken[] = []
  #newestLine = 1
  #actionLine = 0
  #parens = 0

  constructor(input: ParseInput) {
    this.#input = input
    this.#lexer = new TemplateLexer(input.text)
  }

  parse(): TemplateTrees {
    const root: ListNode = { kind: 'list', offset: this.#peek().offset, nodes: [] }
    while (this.#peek().kind !== 'end') {
      if (this.#peek().kind === 'left') {
        const open = this.#next()
        const first = this.#nextNonSpace()
        if (isKeyword(first, 'define')) {
          this.#definition()
          continue
        }
        this.#held.push(first, open)
      }
      const node = this.#textOrAction()
      if (node.kind === 'end' || node.kind === 'else') this.#fail(`unexpected ${nodeText(node)}`)
      root.nodes.push(node)
    }
    this.#add(this.#input.name, root)
    return this.#trees
  }

  #definition(): void {
    const context = 'define clause'
    const token = this.#nextNonSpace()
    if (token.kind !== 'string' && token.kind !== 'raw-string') this.#unexpected(token, context)
    const name = this.#constant(() => unquoted(token.text))
    this.#expect('right', context)
    this.#body(name, context)
  }

  /** Reads up to the end of a definition or block, with variables of its own. */
  #body(name: string, context: string): void {
    const outer = this.#scope
    this.#scope = newScope()
    const { list, end } = this.#itemList()
    this.#scope = outer
    if (end.kind !== 'end') this.#fail(`unexpected ${nodeText(end)} in ${context}`)
    this.#add(name, list)
  }

  #add(name: string, list: ListNode): void {
    const known = this.#trees.get(name)
    if (known === undefined || isEmptyTree(known)) this.#trees.set(name, list)
    else if (!isEmptyTree(list)) {
      this.#fail(`template: multiple definition of template ${goQuote(name)}`)
    }
  }

  #itemList(): { list: ListNode; end: SignNode } {
    const list: ListNode = { kind: 'list', offset: this.#peekNonSpace().offset, nodes: [] }
    while (this.#peekNonSpace().kind !== 'end') {
      const node = this.#textOrAction()
      if (node.kind === 'end' || node.kind === 'else') return { list, end: node }
      list.nodes.push(node)
    }
    return this.#fail('unexpected EOF')
  }

  #textOrAction(): TemplateNode {
    const token = this.#nextNonSpace()
    if (token.kind === 'text') return { kind: 'text', offset: token.offset, text: token.text }
    if (token.kind !== 'left') return this.#unexpected(token, 'input')
    this.#actionLine = token.line
    const node = this.#action()
    this.#actionLine = 0
    return node
  }

  #action(): TemplateNode {
    const token = this.#nextNonSpace()
    if (token.kind === 'keyword') {
      switch (token.text) {
        case 'block':
          return this.#block()
        case 'break':
        case 'continue':
          return this.#loopSign(token, token.text)
        case 'else':
          return this.#else()
        case 'end':
          return { kind: 'end', offset: this.#expect('right', 'end').offset }
        case 'if':
        case 'range':
        case 'with':
          return this.#branch(token.text)
        case 'template':
          return this.#template()
      }
    }
    this.#held.push(token)
    const pipe = this.#pipeline('command', 'right')
    return { kind: 'action', offset: token.offset, pipe }
  }

  #loopSign(token: TemplateToken, kind: 'break' | 'continue'): SignNode {
    const end = this.#nextNonSpace()
    if (end.kind !== 'right') this.#unexpected(end, `{{${kind}}}`)
    if (this.#scope.loops === 0) this.#fail(`{{${kind}}} outside {{range}}`)
    return { kind, offset: token.offset }
  }

  #else(): SignNode {
    const token = this.#peekNonSpace()
    if (isKeyword(token, 'if') || isKeyword(token, 'with')) {
      return { kind: 'else', offset: token.offset }
    }
    return { kind: 'else', offset: this.#expect('right', 'else').offset }
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const { names } = this.#scope
    const known = names.length
    const pipe = this.#pipeline(kind, 'right')
    if (kind === 'range') this.#scope.loops++
    const { list, end } = this.#itemList()
    if (kind === 'range') this.#scope.loops--
    const elseList = end.kind === 'else' ? this.#elseList(kind, end) : undefined
    names.length = known
    return { kind, offset: pipe.offset, pipe, list, elseList }
  }

  #elseList(kind: BranchNode['kind'], sign: SignNode): ListNode {
    if (kind !== 'range' && isKeyword(this.#peek(), kind)) {
      this.#next()
      return { kind: 'list', offset: sign.offset, nodes: [this.#branch(kind)] }
    }
    const { list, end } = this.#itemList()
    if (end.kind !== 'end') this.#fail(`expected end; found ${nodeText(end)}`)
    return list
  }

  #block(): CallNode {
    const context = 'block clause'
    const token = this.#nextNonSpace()
    const name = this.#templateName(token, context)
    const pipe = this.#pipeline(context, 'right')
    this.#body(name, context)
    return { kind: 'template', offset: token.offset, name, pipe }
  }

  #template(): CallNode {
    const context = 'template clause'
    const token = this.#nextNonSpace()
    const name = this.#templateName(token, context)
    const next = this.#nextNonSpace()
    if (next.kind === 'right') {
      return { kind: 'template', offset: token.offset, name, pipe: undefined }
    }
    this.#held.push(next)
    const pipe = this.#pipeline(context, 'right')
    return { kind: 'template', offset: token.offset, name, pipe }
  }

  #templateName(token: TemplateToken, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw-string') this.#unexpected(token, context)
    return this.#constant(() => unquoted(token.text))
  }

  #pipeline(context: string, end: TemplateTokenKind): PipeNode {
    const { offset } = this.#peekNonSpace()
    const pipe: PipeNode = { kind: 'pipe', offset, declared: [], isAssignment: false, commands: [] }
    while (this.#declaration(pipe, context));
    for (;;) {
      const token = this.#nextNonSpace()
      if (token.kind === end) {
        this.#checkPipeline(pipe, context)
        return pipe
      }
      if (!startsOperand(token)) this.#unexpected(token, context)
      this.#held.push(token)
      pipe.commands.push(this.#command())
    }
  }

  /** Reads `$x :=`, `$x =` or the first of `$x, $y :=`; true where another one must follow. */
  #declaration(pipe: PipeNode, context: string): boolean {
    const variable = this.#peekNonSpace()
    if (variable.kind !== 'variable') return false
    this.#next()
    const behind = this.#next()
    const next = behind.kind === 'space' ? this.#nextNonSpace() : behind
    const isAssignment = next.kind === 'assign'
    const isComma = next.kind === 'other' && next.text === ','
    if (!isAssignment && next.kind !== 'declare' && !isComma) {
      // Blanks after the variable tell one operand from the next.
      if (behind.kind === 'space') this.#held.push(next, behind, variable)
      else this.#held.push(next, variable)
      return false
    }
    pipe.declared.push({ kind: 'variable', offset: variable.offset, names: [variable.text] })
    this.#scope.names.push(variable.text)
    if (!isComma) {
      pipe.isAssignment = isAssignment
      return false
    }
    if (context !== 'range' || pipe.declared.length >= 2) {
      this.#fail(`too many declarations in ${context}`)
    }
    const follows = this.#peekNonSpace().kind
    if (follows === 'variable' || follows === 'right' || follows === 'right-paren') return true
    return this.#fail('range can only initialize variables')
  }

  #checkPipeline({ commands }: PipeNode, context: string): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`)
    commands.forEach(({ operands: [first] }, index) => {
      if (index === 0 || first === undefined) return
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(first.kind)) {
        this.#fail(`non executable command in pipeline stage ${index + 1}`)
      }
    })
  }

  #command(): CommandNode {
    const operands: OperandNode[] = []
    const { offset } = this.#peekNonSpace()
    for (;;) {
      this.#peekNonSpace()
      const operand = this.#operand()
      if (operand !== undefined) operands.push(operand)
      const token = this.#next()
      if (token.kind === 'space') continue
      if (token.kind === 'right' || token.kind === 'right-paren') this.#held.push(token)
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand')
      break
    }
    if (operands.length === 0) this.#fail('empty command')
    return { kind: 'command', offset, operands }
  }

  #operand(): OperandNode | undefined {
    const node = this.#term()
    if (node === undefined || this.#peek().kind !== 'field') return node
    const { offset } = this.#peek()
    const names: string[] = []
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, offset, names: [...node.names, ...names] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${goQuote(nodeText(node))}`)
      default:
        return { kind: 'chain', offset, node, names }
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#nextNonSpace()
    const { offset, text } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#input.hasFunction(text)) this.#fail(`function ${goQuote(text)} not defined`)
        return { kind: 'identifier', offset, name: text }
      case 'dot':
        return { kind: 'dot', offset }
      case 'variable':
        if (!this.#scope.names.includes(text)) this.#fail(`undefined variable ${goQuote(text)}`)
        return { kind: 'variable', offset, names: [text] }
      case 'field':
        return { kind: 'field', offset, names: [text.slice(1)] }
      case 'bool':
        return { kind: 'bool', offset, value: text === 'true' }
      case 'character':
      case 'complex':
      case 'number': {
        const kind = token.kind === 'character' ? 'character' : 'number'
        const constant = this.#constant(() => numberConstant(text, kind))
        return { kind: 'number', offset, text, ...constant }
      }
      case 'left-paren':
        return this.#parenthesized()
      case 'string':
      case 'raw-string': {
        const inner = this.#constant(() => unquoted(text))
        return { kind: 'string', offset, quoted: text, text: inner }
      }
      default:
        if (isKeyword(token, 'nil')) return { kind: 'nil', offset }
        this.#held.push(token)
        return undefined
    }
  }

  #parenthesized(): PipeNode {
    if (this.#parens >= limits.templateNestingMax) this.#fail('max expression depth exceeded')
    this.#parens++
    const pipe = this.#pipeline('parenthesized pipeline', 'right-paren')
    this.#parens--
    return pipe
  }

  #next(): TemplateToken {
    const held = this.#held.pop()
    if (held !== undefined) return held
    const token = this.#lexer.next()
    this.#newestLine = token.line
    return token
  }

  #peek(): TemplateToken {
    const token = this.#next()
    this.#held.push(token)
    return token
  }

  #nextNonSpace(): TemplateToken {
    let token = this.#next()
    while (token.kind === 'space') token = this.#next()
    return token
  }

  #peekNonSpace(): TemplateToken {
    const token = this.#nextNonSpace()
    this.#held.push(token)
    return token
  }

  #expect(kind: TemplateTokenKind, context: string): TemplateToken {
    const token = this.#nextNonSpace()
    return token.kind === kind ? token : this.#unexpected(token, context)
  }

  #constant<T>(read: () => T): T {
    try {
      return read()
    } catch (thrown) {
      if (!(thrown instanceof ConstantError)) throw thrown
      return this.#fail(thrown.message)
    }
  }

  #unexpected(token: TemplateToken, context: string): never {
    if (token.kind !== 'error') return this.#fail(`unexpected ${tokenText(token)} in ${context}`)
    const isFurther = this.#actionLine !== 0 && this.#actionLine !== token.line
    if (!isFurther) return this.#fail(token.text)
    const start = `started at ${this.#input.name}:${this.#actionLine}`
    const link = token.text.endsWith(' action') ? ' ' : ' in action '
    return this.#fail(token.text + link + start)
  }

  #fail(message: string): never {
    const words = `template: ${this.#input.name}:${this.#newestLine}: ${message}`
    throw new TemplateSyntaxError(words)
  }
}

function newScope(): Scope {
  return { names: ['$'], loops: 0 }
}

function isKeyword(token: TemplateToken, word: string): boolean {
  return token.kind === 'keyword' && token.text === word
}

const operandStarts: ReadonlySet<TemplateTokenKind> = new Set([
  'bool',
  'character',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'raw-string',
  'string',
  'variable',
  'left-paren',
])

function startsOperand(token: TemplateToken): boolean {
  return operandStarts.has(token.kind) || isKeyword(token, 'nil')
}

/** Nothing but blanks: another definition of the name may take its place. */
function isEmptyTree(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}

function tokenText({ kind, text }: TemplateToken): string {
  if (kind === 'end') return 'EOF'
  if (kind === 'keyword') return `<${text}>`
  const characters = [...text]
  return characters.length > 10 ? `${goQuote(characters.slice(0, 10).join(''))}...` : goQuote(text)
}
