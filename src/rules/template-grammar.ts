import { EOF, type IToken } from 'chevrotain'
import { goQuote } from '../model/go-quote.ts'
import { unquoted } from './template-constants.ts'
import {
  type BranchNode,
  type CallNode,
  type ListNode,
  nodeText,
  type PipeNode,
  type SignNode,
  type TemplateNode,
} from './template-nodes.ts'
import { newScope, PipelineGrammar, type TemplateInput } from './template-pipeline-grammar.ts'
import { tokens as t } from './template-tokens.ts'

/** The template itself under its own name, and what it defines. */
export type TemplateTrees = ReadonlyMap<string, ListNode>

/**
 * The grammar of Go's text/template. One instance serves the thread: begin(), then template(), which
 * leaves in `errors` what Chevrotain finds.
 */
export class TemplateGrammar extends PipelineGrammar {
  #trees = new Map<string, ListNode>()
  /** Line of the newest action; 0 outside of actions. */
  actionLine = 0

  constructor() {
    super()
    this.performSelfAnalysis()
  }

  override begin(source: TemplateInput): void {
    super.begin(source)
    this.#trees = new Map()
    this.actionLine = 0
  }

  readonly template = this.RULE('template', (): TemplateTrees => {
    const root = this.#emptyList()
    this.MANY({
      GATE: () => !this.#isSign(),
      DEF: () =>
        this.OR([
          {
            GATE: () => this.LA(2).tokenType === t.Define,
            ALT: () => this.SUBRULE(this.definition),
          },
          { ALT: () => root.nodes.push(this.SUBRULE(this.item)) },
        ]),
    })
    this.OPTION(() => {
      const sign = this.SUBRULE(this.sign)
      this.ACTION(() => this.fail(`unexpected ${nodeText(sign)}`))
    })
    return this.ACTION(() => {
      if (this.LA(1).tokenType !== EOF) return this.#trees
      this.read(this.LA(1))
      this.#add(this.source.name, root)
      return this.#trees
    })
  })

  readonly definition = this.RULE('definition', (): void => {
    const context = 'define clause'
    this.CONSUME(t.Left)
    this.CONSUME(t.Define)
    const name = this.SUBRULE(this.templateName, { ARGS: [context] })
    this.CONSUME(t.Right, { ERR_MSG: context })
    this.SUBRULE(this.body, { ARGS: [name, context] })
  })

  /** Up to the end of a definition or block, with variables of its own. */
  readonly body = this.RULE('body', (name: string, context: string): void => {
    const outer = this.scope
    this.scope = newScope()
    const { list, end } = this.SUBRULE(this.list)
    this.scope = outer
    this.ACTION(() => {
      if (end.kind !== 'end') this.fail(`unexpected ${nodeText(end)} in ${context}`)
      this.#add(name, list)
    })
  })

  /** What stands between an action and its end or else. */
  readonly list = this.RULE('list', (): { list: ListNode; end: SignNode } => {
    const list = this.#emptyList()
    this.MANY({
      GATE: () => !this.#isSign(),
      DEF: () => list.nodes.push(this.SUBRULE(this.item)),
    })
    const end = this.SUBRULE(this.sign)
    return { list, end }
  })

  readonly item = this.RULE(
    'item',
    (): TemplateNode =>
      this.OR([
        { ALT: () => this.#text(this.CONSUME(t.Text)) },
        {
          ALT: () => {
            this.actionLine = this.lineOf(this.CONSUME(t.Left))
            const node = this.SUBRULE(this.action)
            this.actionLine = 0
            return node
          },
        },
      ]),
  )

  readonly sign = this.RULE('sign', (): SignNode => {
    this.actionLine = this.lineOf(this.CONSUME(t.Left, { ERR_MSG: 'input' }))
    const kind = this.OR([
      { ALT: () => this.SUBRULE(this.end) },
      { ALT: () => this.SUBRULE(this.else) },
    ])
    this.actionLine = 0
    return { kind, offset: this.LA(0).startOffset }
  })

  readonly end = this.RULE('end', () => {
    this.CONSUME(t.End)
    this.CONSUME(t.Right, { ERR_MSG: 'end' })
    return 'end' as const
  })

  /** An if or with that follows belongs to the branch. */
  readonly else = this.RULE('else', () => {
    this.CONSUME(t.Else)
    const next = this.LA(1)
    this.read(next)
    const isChain = next.tokenType === t.If || next.tokenType === t.With
    if (!isChain) this.CONSUME(t.Right, { ERR_MSG: 'else' })
    return 'else' as const
  })

  readonly action = this.RULE('action', (): TemplateNode => {
    return this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.block) },
        { ALT: () => this.#loopSign(this.CONSUME(t.Break), 'break') },
        { ALT: () => this.#loopSign(this.CONSUME(t.Continue), 'continue') },
        {
          ALT: () => {
            this.CONSUME(t.If)
            return this.SUBRULE(this.branch, { ARGS: ['if'] })
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Range)
            return this.SUBRULE2(this.branch, { ARGS: ['range'] })
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.With)
            return this.SUBRULE3(this.branch, { ARGS: ['with'] })
          },
        },
        { ALT: () => this.SUBRULE(this.call) },
        {
          ALT: () => {
            const pipe = this.SUBRULE(this.closedPipeline, { ARGS: ['command'] })
            return { kind: 'action', offset: pipe.offset, pipe }
          },
        },
      ],
      ERR_MSG: 'command',
    })
  })

  #loopSign({ startOffset }: IToken, kind: 'break' | 'continue'): SignNode {
    this.CONSUME(t.Right, { ERR_MSG: `{{${kind}}}` })
    return this.ACTION(() => {
      if (this.scope.loops === 0) this.fail(`{{${kind}}} outside {{range}}`)
      return { kind, offset: startOffset }
    })
  }

  readonly branch = this.RULE('branch', (kind: BranchNode['kind']): BranchNode => {
    const { names } = this.scope
    const known = names.length
    const pipe = this.SUBRULE(this.closedPipeline, { ARGS: [kind] })
    if (kind === 'range') this.scope.loops++
    const { list, end } = this.SUBRULE(this.list)
    if (kind === 'range') this.scope.loops--
    const hasElse = this.RECORDING_PHASE || end.kind === 'else'
    const elseList = hasElse ? this.SUBRULE(this.elseList, { ARGS: [kind] }) : undefined
    names.length = known
    return { kind, offset: pipe.offset, pipe, list, elseList }
  })

  readonly elseList = this.RULE('elseList', (kind: BranchNode['kind']): ListNode => {
    const { startOffset } = this.LA(0)
    const chained = (node: BranchNode): ListNode => ({
      kind: 'list',
      offset: startOffset,
      nodes: [node],
    })
    return this.OR({
      DEF: [
        {
          GATE: () => kind === 'if',
          ALT: () => {
            this.CONSUME(t.If)
            return chained(this.SUBRULE(this.branch, { ARGS: ['if'] }))
          },
        },
        {
          GATE: () => kind === 'with',
          ALT: () => {
            this.CONSUME(t.With)
            return chained(this.SUBRULE2(this.branch, { ARGS: ['with'] }))
          },
        },
        {
          ALT: () => {
            const { list, end } = this.SUBRULE(this.list)
            this.ACTION(() => {
              if (end.kind !== 'end') this.fail(`expected end; found ${nodeText(end)}`)
            })
            return list
          },
        },
      ],
      ERR_MSG: 'input',
    })
  })

  readonly block = this.RULE('block', (): CallNode => {
    const context = 'block clause'
    this.CONSUME(t.Block)
    const offset = this.LA(1).startOffset
    const name = this.SUBRULE(this.templateName, { ARGS: [context] })
    const pipe = this.SUBRULE(this.closedPipeline, { ARGS: [context] })
    this.SUBRULE(this.body, { ARGS: [name, context] })
    return { kind: 'template', offset, name, pipe }
  })

  readonly call = this.RULE('call', (): CallNode => {
    const context = 'template clause'
    this.CONSUME(t.Template)
    const offset = this.LA(1).startOffset
    const name = this.SUBRULE(this.templateName, { ARGS: [context] })
    let pipe: PipeNode | undefined
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.Right) },
        {
          ALT: () => {
            pipe = this.SUBRULE(this.closedPipeline, { ARGS: [context] })
          },
        },
      ],
      ERR_MSG: context,
    })
    return { kind: 'template', offset, name, pipe }
  })

  readonly templateName = this.RULE('templateName', (context: string): string => {
    const { image } = this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.String) }, { ALT: () => this.CONSUME(t.RawString) }],
      ERR_MSG: context,
    })
    return this.ACTION(() => this.constant(() => unquoted(image)))
  })

  #emptyList(): ListNode {
    const { tokenType, startOffset } = this.LA(1)
    const offset = tokenType === EOF ? this.source.text.length : startOffset
    return { kind: 'list', offset, nodes: [] }
  }

  #isSign(): boolean {
    const { tokenType } = this.LA(2)
    return this.LA(1).tokenType === t.Left && (tokenType === t.End || tokenType === t.Else)
  }

  #add(name: string, list: ListNode): void {
    const known = this.#trees.get(name)
    if (known === undefined || isEmptyTree(known)) this.#trees.set(name, list)
    else if (!isEmptyTree(list)) {
      this.fail(`template: multiple definition of template ${goQuote(name)}`)
    }
  }

  #text({ image, startOffset: offset }: IToken): TemplateNode {
    const behind = offset + image.length
    let end = image.length
    if (/^\{\{-[ \t\r\n]/.test(this.source.text.slice(behind, behind + 4))) {
      while (/[ \t\r\n]/.test(image[end - 1] ?? '')) end--
    }
    return { kind: 'text', offset, text: image.slice(0, end) }
  }
}

/** Nothing but blanks: another definition of the name may take its place. */
export function isEmptyTree(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}
