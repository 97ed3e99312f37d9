import { limits } from '../base/limits.ts'
import { templateFunctions } from './template-functions.ts'
import type { TemplateTrees } from './template-grammar.ts'
import { parseTemplate, TemplateSyntaxError } from './template-parser.ts'
import { type Expansion, type RunOptions, runTemplate } from './template-run.ts'
import type { GoValue } from './template-values.ts'

/** A template that was parsed once and may be expanded often. */
export class Template {
  readonly #name: string
  readonly #text: string
  readonly trees: TemplateTrees

  /** Throws TemplateSyntaxError, whose words Prometheus has. */
  constructor(name: string, text: string) {
    this.#name = name
    this.#text = text
    const hasFunction = (called: string) => templateFunctions.has(called)
    this.trees = parseTemplate({ name, text, hasFunction })
  }

  /** A promise only where the template waits for something, or takes long. */
  expand(data: GoValue, options: RunOptions): Expansion | Promise<Expansion> {
    const source = { name: this.#name, text: this.#text }
    return runTemplate(
      {
        name: this.#name,
        sourceOf: () => source,
        treeOf: (name) => this.trees.get(name),
        functions: templateFunctions,
        context: options,
        missingKey: options.missingKey ?? 'zero',
        outputUnitsMax: limits.templateOutputUnitsMax,
      },
      data,
      options,
    )
  }
}

/** The answer of a template that may not parse (row R3.11). */
export async function expansionOf(
  name: string,
  expand: () => Expansion | Promise<Expansion>,
): Promise<Expansion> {
  try {
    return await expand()
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown
    return { ok: false, error: `error parsing template ${name}: ${thrown.message}` }
  }
}
