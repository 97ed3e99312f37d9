import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { type Steps, TemplateEvaluator } from './template-evaluator.ts'
import { plainText, pointedText } from './template-format.ts'
import { FunctionError } from './template-function.ts'
import {
  type BranchNode,
  type CallNode,
  type ListNode,
  nodeText,
  type PipeNode,
  type TemplateNode,
} from './template-nodes.ts'
import {
  GoDuration,
  GoInteger,
  GoList,
  GoMap,
  type GoValue,
  integerOf,
  isTrue,
} from './template-values.ts'

type Flow = 'on' | 'break' | 'continue'

/**
 * Executes a parsed template as Go's text/template does (https://pkg.go.dev/text/template, row
 * R4.6), over values of our own. Bounded in steps, output, text and depth: what goes over is an
 * error of the template.
 */
export class TemplateExecutor extends TemplateEvaluator {
  readonly #pieces: string[] = []
  #units = 0

  #write(text: string): void {
    this.#units += text.length
    const { outputUnitsMax } = this.run
    if (this.#units > outputUnitsMax) {
      this.fail(`exceeded limit of ${outputUnitsMax} characters of output`)
    }
    this.#pieces.push(text)
  }

  /** The text. Throws TemplateExecError. */
  *execute(data: GoValue): Steps<string> {
    const root = this.run.treeOf(this.run.name)
    if (root === undefined) this.fail(`${goQuote(this.run.name)} is an incomplete template`)
    else yield* this.#list(data, root)
    return this.#pieces.join('')
  }

  *#list(dot: GoValue, list: ListNode): Steps<Flow> {
    this.at = list
    for (const node of list.nodes) {
      const flow = yield* this.#walk(dot, node)
      if (flow !== 'on') return flow
    }
    return 'on'
  }

  *#walk(dot: GoValue, node: TemplateNode): Steps<Flow> {
    this.at = node
    yield* this.step()
    switch (node.kind) {
      case 'text':
        this.#write(node.text)
        return 'on'
      case 'action': {
        const value = yield* this.pipeline(dot, node.pipe)
        if (node.pipe.declared.length === 0) {
          this.at = node
          this.#write(value === undefined ? '<no value>' : plainText(value))
        }
        return 'on'
      }
      case 'break':
      case 'continue':
        return node.kind
      case 'if':
      case 'with':
        return yield* this.#ifOrWith(dot, node)
      case 'range':
        return yield* this.#range(dot, node)
      case 'template':
        yield* this.#template(dot, node)
        return 'on'
      case 'list':
        return yield* this.#list(dot, node)
      default:
        return this.fail(`unknown node: ${nodeText(node)}`)
    }
  }

  *#ifOrWith(dot: GoValue, node: BranchNode): Steps<Flow> {
    const { variables } = this.frame
    const known = variables.length
    const value = yield* this.pipeline(dot, node.pipe)
    const isWith = node.kind === 'with'
    const list = isTrue(value) ? node.list : node.elseList
    const inner = isWith && list === node.list ? value : dot
    const flow = list === undefined ? 'on' : yield* this.#list(inner, list)
    variables.length = known
    return flow
  }

  *#range(dot: GoValue, node: BranchNode): Steps<Flow> {
    const { variables } = this.frame
    const known = variables.length
    const value = yield* this.pipeline(dot, node.pipe)
    const mark = variables.length
    let isEmpty = true
    for (const [key, element] of this.#elements(value, node.pipe.declared.length)) {
      isEmpty = false
      this.#bind(node.pipe, key, element)
      yield* this.step()
      const flow = yield* this.#list(element, node.list)
      variables.length = mark
      if (flow === 'break') break
    }
    const flow: Flow =
      isEmpty && node.elseList !== undefined ? yield* this.#list(dot, node.elseList) : 'on'
    variables.length = known
    return flow
  }

  *#elements(value: GoValue, declared: number): Iterable<readonly [GoValue, GoValue]> {
    // A pointer to a duration is taken for the number behind it.
    const count = value instanceof GoDuration ? value.nanoseconds : integerOf(value)
    if (count !== undefined) {
      if (declared > 1) {
        this.fail(`can't use ${plainText(value)} to iterate over more than one variable`)
      }
      for (let at = 0n; at < count; at++) {
        yield [undefined, value instanceof GoInteger ? new GoInteger(value.type, at) : at]
      }
    } else if (value instanceof GoList) {
      for (const [index, item] of value.items.entries()) yield [BigInt(index), item]
    } else if (value instanceof GoMap) yield* value.sorted()
    else if (value !== undefined) this.fail(`range can't iterate over ${pointedText(value)}`)
  }

  /** Gives the variables of a range their values: one gets the element, two get the key, too. */
  #bind({ declared, isAssignment }: PipeNode, key: GoValue, element: GoValue): void {
    const [first, second] = declared
    const { variables } = this.frame
    if (first === undefined) return
    if (isAssignment) {
      this.assign(first.names[0] ?? '', second === undefined ? element : key)
      if (second !== undefined) this.assign(second.names[0] ?? '', element)
      return
    }
    const last = variables.at(-1)
    if (last !== undefined) last.value = element
    const beforeLast = variables.at(-2)
    if (second !== undefined && beforeLast !== undefined) beforeLast.value = key
  }

  *#template(dot: GoValue, { name, pipe }: CallNode): Steps<void> {
    const list = this.run.treeOf(name)
    if (list === undefined) return this.fail(`template ${goQuote(name)} not defined`)
    this.#checkDepth()
    const value = pipe === undefined ? undefined : yield* this.pipeline(dot, pipe)
    yield* this.#called(name, list, value)
  }

  #checkDepth(): void {
    if (this.frame.depth < limits.templateDepthMax) return
    this.fail(`exceeded maximum template depth (${limits.templateDepthMax})`)
  }

  *#called(name: string, list: ListNode, value: GoValue): Steps<void> {
    const outer = this.frame
    this.frame = { name, variables: [{ name: '$', value }], depth: outer.depth + 1 }
    try {
      yield* this.#list(value, list)
    } finally {
      this.frame = outer
    }
  }

  protected override *inner(name: string, data: GoValue): Steps<string> {
    const fault = this.run.prepare?.(name)
    if (fault !== undefined) throw new FunctionError(fault)
    const list = this.run.treeOf(name)
    if (list === undefined) throw new FunctionError(`${goQuote(name)} is undefined`)
    this.#checkDepth()
    const mark = this.#pieces.length
    yield* this.#called(name, list, data)
    return this.#pieces.splice(mark).join('')
  }
}
