import type { Clock } from '../base/clock.ts'
import { turnsOf } from '../base/turns.ts'
import { type MissingKey, type Steps, TemplateExecError } from './template-evaluator.ts'
import { TemplateExecutor } from './template-executor.ts'
import type { FunctionContext, TemplateFunction } from './template-function.ts'
import { FunctionError } from './template-function.ts'
import { templateFunctions } from './template-functions.ts'
import type { TemplateTrees } from './template-grammar.ts'
import { parseTemplate, TemplateSyntaxError } from './template-parser.ts'
import type { GoValue } from './template-values.ts'

export type Expansion =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: string }

export interface ExpandOptions extends FunctionContext {
  readonly clock: Clock
  /** By the monotonic clock: then the template ends with an error. */
  readonly endMs: number
  readonly missingKey?: MissingKey
  /** Escapes what actions print for the text of an HTML page. */
  readonly isHtml?: boolean
}

/** A template that was parsed once and may be expanded often. */
export class Template {
  readonly #name: string
  readonly #text: string
  readonly #functions: ReadonlyMap<string, TemplateFunction>
  readonly trees: TemplateTrees

  /** Throws TemplateSyntaxError, whose words Prometheus has. */
  constructor(name: string, text: string, isHtml = false) {
    this.#name = name
    this.#text = text
    this.#functions = isHtml ? htmlFunctions : templateFunctions
    const hasFunction = (called: string) => this.#functions.has(called)
    this.trees = parseTemplate({ name, text, hasFunction })
  }

  /**
   * What is wrong with the template or its data is an answer; only our own faults are thrown. A
   * promise only where the template waits for something, or takes long.
   */
  expand(data: GoValue, options: ExpandOptions): Expansion | Promise<Expansion> {
    const executor = new TemplateExecutor(
      {
        name: this.#name,
        text: this.#text,
        trees: this.trees,
        functions: this.#functions,
        context: options,
        missingKey: options.missingKey ?? 'zero',
        isHtml: options.isHtml === true,
      },
      data,
    )
    try {
      const steps = executor.execute(data)
      const first = steps.next()
      if (first.done) return { ok: true, text: first.value }
      return this.#waited(steps, first, options)
    } catch (thrown) {
      return this.#failure(thrown)
    }
  }

  async #waited(
    steps: Steps<string>,
    first: IteratorResult<Promise<GoValue> | 'turn', string>,
    options: ExpandOptions,
  ): Promise<Expansion> {
    try {
      return { ok: true, text: await driven(steps, first, options) }
    } catch (thrown) {
      return this.#failure(thrown)
    }
  }

  #failure(thrown: unknown): Expansion {
    const words = `error executing template ${this.#name}: `
    if (thrown instanceof TemplateExecError) return { ok: false, error: words + thrown.message }
    if (!(thrown instanceof RangeError)) throw thrown
    return { ok: false, error: `${words}nested too deeply` }
  }
}

/** The answer of text that may be no template at all, or no valid one (row R3.11). */
export async function expandText(
  name: string,
  text: string,
  data: GoValue,
  options: ExpandOptions,
): Promise<Expansion> {
  try {
    return await new Template(name, text, options.isHtml).expand(data, options)
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown
    return { ok: false, error: `error parsing template ${name}: ${thrown.message}` }
  }
}

/** Runs the steps, waits where they wait, and lets others have their turn. */
async function driven(
  steps: Steps<string>,
  first: IteratorResult<Promise<GoValue> | 'turn', string>,
  { clock, endMs }: ExpandOptions,
): Promise<string> {
  const turn = turnsOf(clock)
  let next = first
  while (!next.done) {
    if (clock.monotonicMs() > endMs) {
      next = steps.throw(new TemplateExecError('template took longer than the rule may'))
      continue
    }
    if (next.value === 'turn') {
      await turn()
      next = steps.next()
    } else next = await answered(steps, next.value)
  }
  return next.value
}

async function answered(
  steps: Steps<string>,
  wait: Promise<GoValue>,
): Promise<IteratorResult<Promise<GoValue> | 'turn', string>> {
  let value: GoValue
  try {
    value = await wait
  } catch (thrown) {
    if (!(thrown instanceof FunctionError)) throw thrown
    return steps.throw(thrown)
  }
  return steps.next(value)
}

/** Templates of consoles may call others by a name that they compute. */
const htmlFunctions: ReadonlyMap<string, TemplateFunction> = new Map([
  ...templateFunctions,
  ['tmpl', { parameters: ['string', 'any'], call: () => undefined }],
])
