import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { callFault, zeroOf } from './template-builtins.ts'
import { bytesType } from './template-bytes.ts'
import {
  type FunctionContext,
  FunctionError,
  type ParameterType,
  parameterTypeName,
  type TemplateFunction,
} from './template-function.ts'
import { histogramField } from './template-histogram.ts'
import { GoLocation } from './template-location.ts'
import { methodOf } from './template-methods.ts'
import {
  type AnyNode,
  type ChainNode,
  type CommandNode,
  type FieldNode,
  type IdentifierNode,
  type ListNode,
  type NumberNode,
  nodeText,
  type OperandNode,
  type PipeNode,
  type VariableNode,
} from './template-nodes.ts'
import { placeOf, type TemplateSource } from './template-source.ts'
import {
  GoDuration,
  GoHistogram,
  GoList,
  GoMap,
  GoRecord,
  GoTime,
  type GoValue,
  isTrue,
  queryResultType,
  SafeHtml,
  typeName,
} from './template-values.ts'

export type MissingKey = 'invalid' | 'zero' | 'error'

/** Everything that one run of a template needs. */
export interface TemplateRun {
  readonly name: string
  readonly treeOf: (template: string) => ListNode | undefined
  /** Of a template that there is. */
  readonly sourceOf: (template: string) => TemplateSource
  readonly functions: ReadonlyMap<string, TemplateFunction>
  readonly context: FunctionContext
  readonly missingKey: MissingKey
  readonly outputUnitsMax: number
  /**
   * Makes a template ready that is called by a name that was computed; answers what is wrong with
   * it. Undefined where no template may do that.
   */
  readonly prepare?: (template: string) => string | undefined
}

/** A template that failed while it ran, in Go's words with place and node. */
export class TemplateExecError extends Error {
  override readonly name = 'TemplateExecError'
}

/** Waits are handed out; whoever drives the run answers with what they gave. */
export type Steps<T> = Generator<Promise<GoValue> | 'turn', T, GoValue>

export interface Variable {
  readonly name: string
  value: GoValue
}

/** A template while it runs: its name, its variables, and how deep it was called. */
export interface Frame {
  readonly name: string
  readonly variables: Variable[]
  readonly depth: number
}

/** What stands before the pipe sign, or nothing. */
type Final = { readonly value: GoValue } | undefined

/**
 * Evaluates pipelines as Go's text/template does (https://pkg.go.dev/text/template), over values of
 * our own. What is wrong is thrown as TemplateExecError.
 */
export abstract class TemplateEvaluator {
  protected readonly run: TemplateRun
  /** What is being looked at, for messages. */
  protected at: AnyNode | undefined
  protected frame: Frame
  /** The field that was read last holds nothing where Go keeps values of any type. */
  #isNilInSlot = false
  #steps = 0

  constructor(run: TemplateRun, data: GoValue) {
    this.run = run
    this.frame = { name: run.name, variables: [{ name: '$', value: data }], depth: 0 }
  }

  /** What another template of the page prints, by a name that was computed: a run of its own. */
  protected abstract inner(name: string, data: GoValue): Steps<string>

  protected *step(): Steps<void> {
    this.#steps++
    if (this.#steps > limits.templateStepsMax) {
      this.fail(`exceeded limit of ${limits.templateStepsMax} steps`)
    }
    if (this.#steps % limits.templateStepsAtOnce === 0) yield 'turn'
  }

  protected *pipeline(dot: GoValue, pipe: PipeNode): Steps<GoValue> {
    this.at = pipe
    let final: Final
    for (const command of pipe.commands) {
      final = { value: yield* this.#command(dot, command, final) }
    }
    const value = final?.value
    for (const { names } of pipe.declared) {
      const name = names[0] ?? ''
      if (pipe.isAssignment) this.assign(name, value)
      else this.frame.variables.push({ name, value })
    }
    return value
  }

  *#command(dot: GoValue, { operands }: CommandNode, final: Final): Steps<GoValue> {
    const [first] = operands
    if (first === undefined) return undefined
    switch (first.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return yield* this.#fields(dot, first, operands, final)
      case 'identifier':
        return yield* this.#function(dot, first, operands, final)
      case 'pipe':
        this.#refuseArguments(operands, final)
        return yield* this.pipeline(dot, first)
    }
    this.at = first
    this.#refuseArguments(operands, final)
    if (first.kind === 'nil') return this.fail('nil is not a command')
    return this.#literal(dot, first)
  }

  #refuseArguments(operands: readonly OperandNode[], final: Final): void {
    const [first] = operands
    if (first === undefined || (operands.length <= 1 && final === undefined)) return
    this.fail(`can't give argument to non-function ${nodeText(first)}`)
  }

  #literal(
    dot: GoValue,
    node: Exclude<OperandNode, PipeNode | FieldNode | VariableNode | ChainNode | IdentifierNode>,
  ): GoValue {
    switch (node.kind) {
      case 'dot':
        return dot
      case 'bool':
        return node.value
      case 'string':
        return node.text
      case 'number':
        return numberOf(node) ?? this.fail(`${node.text} overflows int`)
      default:
        return undefined
    }
  }

  *#fields(
    dot: GoValue,
    node: FieldNode | ChainNode | VariableNode,
    operands: readonly OperandNode[],
    final: Final,
  ): Steps<GoValue> {
    this.at = node
    let receiver = dot
    let names = node.names
    if (node.kind === 'variable') {
      receiver = this.#variable(names[0] ?? '')
      names = names.slice(1)
      if (names.length === 0) {
        this.#refuseArguments(operands, final)
        return receiver
      }
    } else if (node.kind === 'chain') receiver = yield* this.#argument(dot, 'any', node.node)
    let isSlot = false
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1
      const hasMore = isLast && (operands.length > 1 || final !== undefined)
      const wanted = { receiver, name, isSlot }
      const method = methodOf(receiver, name)
      if (method !== undefined) {
        receiver = yield* this.#call(
          dot,
          method,
          node,
          name,
          isLast ? operands : [],
          isLast ? final : undefined,
        )
        isSlot = false
      } else {
        const found = this.#field(wanted, hasMore)
        isSlot = isInterfaceSlot(receiver, name)
        receiver = found
      }
    }
    this.#isNilInSlot = isSlot && receiver === undefined
    return receiver
  }

  /** `isSlot`: the receiver stood where Go keeps values of any type. */
  #field(
    { receiver, name, isSlot }: { receiver: GoValue; name: string; isSlot: boolean },
    hasArguments: boolean,
  ): GoValue {
    const type = isSlot ? 'interface {}' : typeName(receiver)
    if (receiver === undefined) {
      if (isSlot) return this.fail(`nil pointer evaluating ${type}.${name}`)
      if (this.run.missingKey !== 'error') return undefined
      return this.fail(`nil data; no entry for key ${goQuote(name)}`)
    }
    const field = structField(receiver, name)
    if (field !== undefined) {
      if (hasArguments) {
        this.fail(`${name} has arguments but cannot be invoked as function`)
      }
      return field.value
    }
    if (!(receiver instanceof GoMap)) {
      if (isUnexported(receiver, name)) {
        this.fail(`${name} is an unexported field of struct type ${type}`)
      }
      return this.fail(`can't evaluate field ${name} in type ${type}`)
    }
    if (hasArguments) this.fail(`${name} is not a method but has arguments`)
    if (receiver.entries.has(name)) return receiver.entries.get(name)
    if (this.run.missingKey === 'error') this.fail(`map has no entry for key ${goQuote(name)}`)
    return this.run.missingKey === 'zero' ? zeroOf(receiver) : undefined
  }

  #variable(name: string): GoValue {
    return this.#found(name).value
  }

  protected assign(name: string, value: GoValue): void {
    this.#found(name).value = value
  }

  #found(name: string): Variable {
    const found = this.frame.variables.findLast((variable) => variable.name === name)
    return found ?? this.fail(`undefined variable: ${name}`)
  }

  *#function(
    dot: GoValue,
    node: IdentifierNode,
    operands: readonly OperandNode[],
    final: Final,
    whole?: CommandNode | IdentifierNode,
  ): Steps<GoValue> {
    this.at = node
    const called = this.run.functions.get(node.name)
    if (called === undefined) return this.fail(`${goQuote(node.name)} is not a defined function`)
    const shown = whole ?? { kind: 'command', offset: node.offset, operands: [...operands] }
    return yield* this.#call(dot, called, shown, node.name, operands, final)
  }

  *#call(
    dot: GoValue,
    called: TemplateFunction,
    node: AnyNode,
    name: string,
    operands: readonly OperandNode[],
    final: Final,
  ): Steps<GoValue> {
    const given = operands.slice(1)
    this.#checkCount(called, name, given.length, final)
    if (called.fault !== undefined) this.fail(called.fault)
    if (name === 'and' || name === 'or') return yield* this.#logic(dot, name, given, final)
    const values: GoValue[] = []
    for (const operand of given) {
      const type = typeAt(called, values.length)
      values.push(yield* this.#argument(dot, type, operand))
    }
    if (final !== undefined) values.push(this.#checked(final.value, typeAt(called, values.length)))
    yield* this.step()
    try {
      if (name === 'tmpl') return new SafeHtml(yield* this.inner(String(values[0]), values[1]))
      if (name === 'call') {
        const [first] = given
        throw callFault(values[0], first === undefined ? pipedName(values[0]) : nodeText(first))
      }
      const answer = called.call(values, this.run.context)
      const value = answer instanceof Promise ? yield answer : answer
      return this.#bounded(value)
    } catch (thrown) {
      const isInner = name === 'tmpl' && thrown instanceof TemplateExecError
      if (!(thrown instanceof FunctionError) && !isInner) throw thrown
      this.at = node
      return this.fail(`error calling ${name}: ${thrown.message}`)
    }
  }

  #checkCount(called: TemplateFunction, name: string, given: number, final: Final): void {
    const least = called.parameters.length
    const count = given + (final === undefined ? 0 : 1)
    if (called.rest !== undefined) {
      if (count >= least) return
      this.fail(`wrong number of args for ${name}: want at least ${least} got ${given}`)
    }
    if (count !== least) {
      this.fail(`wrong number of args for ${name}: want ${least} got ${count}`)
    }
  }

  /** Evaluates no further than it has to. */
  *#logic(
    dot: GoValue,
    name: 'and' | 'or',
    operands: readonly OperandNode[],
    final: Final,
  ): Steps<GoValue> {
    let value: GoValue
    for (const operand of operands) {
      value = yield* this.#argument(dot, 'value', operand)
      if (isTrue(value) === (name === 'or')) return value
    }
    return final === undefined ? value : final.value
  }

  #bounded(value: GoValue): GoValue {
    if (typeof value === 'string' && value.length > this.run.outputUnitsMax) {
      this.fail(`exceeded limit of ${this.run.outputUnitsMax} characters of a text`)
    }
    return value
  }

  *#argument(dot: GoValue, type: ParameterType, node: OperandNode): Steps<GoValue> {
    this.at = node
    switch (node.kind) {
      case 'dot':
        return this.#checked(dot, type)
      case 'nil':
        if (isNeverNil(type)) this.fail(`cannot assign nil to ${parameterTypeName(type)}`)
        return undefined
      case 'field':
      case 'variable':
      case 'chain':
        return this.#checkedField(yield* this.#fields(dot, node, [], undefined), type)
      case 'pipe':
        return this.#checked(yield* this.pipeline(dot, node), type)
      case 'identifier':
        return this.#checked(yield* this.#function(dot, node, [], undefined, node), type)
    }
    if (type === 'any' || type === 'value') return this.#literal(dot, node)
    if (type === 'string') {
      return node.kind === 'string'
        ? node.text
        : this.fail(`expected string; found ${nodeText(node)}`)
    }
    if (type === 'int' || type === 'duration') {
      const integer = node.kind === 'number' ? node.integer : undefined
      if (integer === undefined || integer >= 2n ** 63n) {
        return this.fail(`expected integer; found ${nodeText(node)}`)
      }
      return type === 'int' ? integer : new GoDuration(integer, false)
    }
    return this.fail(`can't handle ${nodeText(node)} for arg of type ${parameterTypeName(type)}`)
  }

  #checkedField(value: GoValue, type: ParameterType): GoValue {
    if (isNeverNil(type) && value === undefined && this.#isNilInSlot) {
      const wanted = parameterTypeName(type)
      this.fail(`wrong type for value; expected ${wanted}; got interface {}`)
    }
    return this.#checked(value, type)
  }

  #checked(value: GoValue, type: ParameterType): GoValue {
    if (type === 'any' || type === 'value') return value
    if (value === undefined) {
      if (isNeverNil(type)) this.fail(`invalid value; expected ${parameterTypeName(type)}`)
      if (type === 'bytes') return new GoList(bytesType, [])
      return type === 'query-result' ? new GoList(queryResultType, []) : undefined
    }
    const wanted = parameterTypeName(type)
    const given = typeName(value)
    // A pointer to a time or a duration is taken for what it points to.
    const isBehind = (type === 'time' || type === 'duration') && given === `*${wanted}`
    if (given === wanted || isBehind) return value
    return this.fail(`wrong type for value; expected ${wanted}; got ${given}`)
  }

  protected fail(message: string): never {
    const node = this.at
    if (node === undefined) throw new TemplateExecError(`template: ${this.run.name}: ${message}`)
    const place = placeOf(this.run.sourceOf(this.frame.name), node.offset)
    throw new TemplateExecError(
      `template: ${place}: executing ${goQuote(this.frame.name)} at <${nodeText(node)}>: ${message}`,
    )
  }
}

function isNeverNil(type: ParameterType): boolean {
  return type === 'string' || type === 'int' || type === 'duration' || type === 'time'
}

function typeAt({ parameters, rest }: TemplateFunction, index: number): ParameterType {
  return parameters[index] ?? rest ?? 'any'
}

/** Undefined where it is no float and too large for an int. */
function numberOf({ text, integer, float }: NumberNode): GoValue {
  const isHex = /^0[xX]/.test(text) && !/[pP]/.test(text)
  if (!isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return float
  return integer
}

/** What came through a pipe, in the words of reflect's String. */
function pipedName(value: GoValue): string {
  return typeof value === 'string' ? value : `<${typeName(value)} Value>`
}

function structField(value: GoValue, name: string): { readonly value: GoValue } | undefined {
  if (value instanceof GoHistogram) return histogramField(value, name)
  if (!(value instanceof GoRecord) || !value.fields.has(name)) return undefined
  return { value: value.fields.get(name) }
}

/** Whether Go's type has such a field that templates may not read. */
function isUnexported(value: GoValue, name: string): boolean {
  if (value instanceof GoTime) return timeFields.has(name)
  return value instanceof GoLocation && locationFields.has(name)
}

const timeFields: ReadonlySet<string> = new Set(['wall', 'ext', 'loc'])
const locationFields: ReadonlySet<string> = new Set([
  ...['name', 'zone', 'tx', 'extend', 'cacheStart', 'cacheEnd', 'cacheZone'],
])

/** Whether Go keeps what stands there as a value of any type. */
function isInterfaceSlot(holder: GoValue, name: string): boolean {
  if (holder instanceof GoMap) return holder.elementType === 'interface {}'
  return holder instanceof GoRecord && name === 'Value'
}
