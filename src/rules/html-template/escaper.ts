import { limits } from '../../base/limits.ts'
import { goQuote } from '../../model/go-quote.ts'
import {
  type ActionNode,
  type BranchNode,
  type CallNode,
  type ListNode,
  nodeText,
  type SignNode,
  type TemplateNode,
} from '../template-nodes.ts'
import { placeOf, type TemplateSource } from '../template-source.ts'
import { escapersAt } from './action-escapers.ts'
import { escapeText } from './escape-text.ts'
import { calledFunction, predefinedEscapers } from './guarded-pipe.ts'
import {
  faultContext,
  type HtmlContext,
  isSameContext,
  nameWithin,
  startContext,
} from './html-context.ts'
import { joined, nudged, tellFault } from './join-contexts.ts'
import type { SourcedTemplate } from './sourced-template.ts'
import { copied, TemplateEdits } from './template-edits.ts'

/** Where the breaks and continues of a loop stand. */
interface LoopEnds {
  readonly kind: 'break' | 'continue'
  readonly node: SignNode
  readonly context: HtmlContext
}

/** A template that takes too long to look through. */
export class EscapeLimitError extends Error {
  override readonly name = 'EscapeLimitError'
}

/**
 * Finds out where in HTML each node of a template stands, and what has to be changed so that what it
 * prints is safe there, as Go's html/template does (https://pkg.go.dev/html/template). A template
 * that is called in several contexts is copied for each. What is found is kept in the instance until
 * it is applied.
 */
export class Escaper {
  readonly #templates: ReadonlyMap<string, SourcedTemplate>
  /** The context behind each template, by the name that has its start context in it. */
  readonly #outputs: Map<string, HtmlContext>
  readonly #called = new Set<string>()
  readonly derived = new Map<string, SourcedTemplate>()
  readonly edits = new TemplateEdits()
  #source: TemplateSource = { name: '', text: '' }
  /** Of the first one and its trials together. */
  #steps = { count: 0 }
  #loop: LoopEnds[] = []

  constructor(
    templates: ReadonlyMap<string, SourcedTemplate>,
    outputs: ReadonlyMap<string, HtmlContext> = new Map(),
  ) {
    this.#templates = templates
    this.#outputs = new Map(outputs)
  }

  /** What is known of templates already escaped, for the next escaper. */
  get outputs(): ReadonlyMap<string, HtmlContext> {
    return this.#outputs
  }

  /** The context behind a template that begins a page. */
  page(name: string): HtmlContext {
    return this.#tree(startContext, { name, place: undefined }).context
  }

  #tree(
    context: HtmlContext,
    { name, place }: { readonly name: string; readonly place: (() => string) | undefined },
  ): { readonly context: HtmlContext; readonly name: string } {
    const inner = nameWithin(name, context)
    this.#called.add(inner)
    const known = this.#outputs.get(inner)
    if (known !== undefined) return { context: known, name: inner }
    const template = this.#template(name)
    if (template === undefined) {
      const description = `no such template ${goQuote(name)}`
      const fault = place === undefined ? { description } : { description, place: place() }
      return { context: faultContext(fault), name: inner }
    }
    let body = template
    if (inner !== name) {
      body = this.#template(inner) ?? { ...template, root: copied(template.root) }
      this.derived.set(inner, body)
    }
    return { context: this.#output(context, inner, body), name: inner }
  }

  #template(name: string): SourcedTemplate | undefined {
    return this.#templates.get(name) ?? this.derived.get(name)
  }

  /** Where it calls itself, what is behind it must be assumed first, and then be true. */
  #output(context: HtmlContext, name: string, body: SourcedTemplate): HtmlContext {
    const first = this.#assuming(context, name, body)
    if (first.isRight) return first.context
    const second = this.#assuming(first.context, name, body)
    if (second.isRight) return second.context
    if (first.context.state === 'Error') return first.context
    const description = `cannot compute output context for template ${name}`
    return faultContext({ description, place: placeOf(body.source, body.root.offset) })
  }

  /** That the context is the same before and behind it. */
  #assuming(
    context: HtmlContext,
    name: string,
    { root, source }: SourcedTemplate,
  ): { readonly context: HtmlContext; readonly isRight: boolean } {
    this.#outputs.set(name, context)
    const trial = this.#trial(source)
    const behind = trial.#list(context, root)
    const isRight =
      behind.state !== 'Error' && (!trial.#called.has(name) || isSameContext(context, behind))
    if (isRight) this.#take(trial)
    return { context: behind, isRight }
  }

  /** What finds out something that may turn out to be wrong. */
  #trial(source: TemplateSource): Escaper {
    const trial = new Escaper(this.#templates, this.#outputs)
    trial.#source = source
    trial.#steps = this.#steps
    return trial
  }

  #take(trial: Escaper): void {
    for (const [name, context] of trial.#outputs) this.#outputs.set(name, context)
    for (const [name, template] of trial.derived) this.derived.set(name, template)
    for (const name of trial.#called) this.#called.add(name)
    this.edits.takeAll(trial.edits)
  }

  #list(given: HtmlContext, list: ListNode | undefined): HtmlContext {
    let context = given
    for (const node of list?.nodes ?? []) {
      context = this.#node(context, node)
      if (context.state === 'Dead') break
    }
    return context
  }

  #node(context: HtmlContext, node: TemplateNode): HtmlContext {
    this.#steps.count++
    const most = limits.consoleEscapeStepsMax
    if (this.#steps.count > most) throw new EscapeLimitError(`exceeded limit of ${most} steps`)
    switch (node.kind) {
      case 'text': {
        const escaped = escapeText(context, node.text)
        if (escaped.text !== undefined) this.edits.texts.set(node, escaped.text)
        return escaped.context
      }
      case 'action':
        return this.#action(context, node)
      case 'break':
      case 'continue':
        this.#loop.push({ kind: node.kind, node, context })
        return { ...startContext, state: 'Dead' }
      case 'if':
      case 'with':
        return this.#joined(
          this.#list(context, node.list),
          this.#list(context, node.elseList),
          node,
        )
      case 'range':
        return this.#range(context, node)
      case 'template':
        return this.#call(context, node)
      case 'list':
        return this.#list(context, node)
      default:
        return context
    }
  }

  #action(given: HtmlContext, node: ActionNode): HtmlContext {
    const { declared, commands } = node.pipe
    if (declared.length > 0) return given
    const context = nudged(given)
    for (const [index, command] of commands.entries()) {
      const called = calledFunction(command)
      if (called === undefined || !predefinedEscapers.has(called)) continue
      const isBare = context.state === 'Attr' && context.delimiter === 'SpaceOrTagEnd'
      if (index < commands.length - 1 || (isBare && called === 'html')) {
        const words = `predefined escaper ${goQuote(called)} disallowed in template`
        return this.#fault(words, node)
      }
    }
    if (context.state === 'Error') return context
    const escapers = escapersAt(context)
    if (escapers === undefined) {
      return this.#fault(`${nodeText(node)} appears in an ambiguous context within a URL`, node)
    }
    this.edits.actions.set(node, escapers)
    // A slash behind a value divides.
    return context.state === 'JS' ? { ...context, slash: 'DivOp' } : context
  }

  #call(given: HtmlContext, node: CallNode): HtmlContext {
    const place = () => placeOf(this.#source, node.offset)
    const { context, name } = this.#tree(given, { name: node.name, place })
    if (name !== node.name) this.edits.calls.set(node, name)
    return context
  }

  /** Its end must lead to its begin again, wherever it is left. */
  #range(given: HtmlContext, node: BranchNode): HtmlContext {
    const outer = this.#loop
    this.#loop = []
    const first = this.#withEnds(this.#list(given, node.list), this.#loop)
    this.#loop = outer
    if (first.state === 'Error') return first
    const trial = this.#trial(this.#source)
    const again = this.#joined(first, trial.#list(first, node.list), node)
    if (again.state === 'Error') {
      tellFault(again, 'on range loop re-entry', this.#lineOf(node))
      return again
    }
    const whole = this.#withEnds(again, trial.#loop)
    if (whole.state === 'Error') return whole
    return this.#joined(whole, this.#list(given, node.elseList), node)
  }

  /** With the contexts of its breaks, and then of its continues. */
  #withEnds(given: HtmlContext, ends: readonly LoopEnds[]): HtmlContext {
    let context = given
    for (const kind of ['break', 'continue'] as const) {
      for (const end of ends) {
        if (end.kind !== kind || context.state === 'Error') continue
        const place = () => placeOf(this.#source, end.node.offset)
        context = joined(context, end.context, { kind: 'range', place })
        if (context.state !== 'Error') continue
        tellFault(context, `at range loop ${kind}`, this.#lineOf(end.node))
      }
    }
    return context
  }

  #joined(a: HtmlContext, b: HtmlContext, { kind, offset }: BranchNode): HtmlContext {
    return joined(a, b, { kind, place: () => placeOf(this.#source, offset) })
  }

  #fault(description: string, { offset }: TemplateNode): HtmlContext {
    return faultContext({ description, place: placeOf(this.#source, offset) })
  }

  #lineOf({ offset }: TemplateNode): number {
    return this.#source.text.slice(0, offset).split('\n').length
  }
}
