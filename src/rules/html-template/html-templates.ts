import { limits } from '../../base/limits.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { TemplateFunction } from '../template-function.ts'
import { templateFunctions } from '../template-functions.ts'
import { isEmptyTree } from '../template-grammar.ts'
import { parseTemplate } from '../template-parser.ts'
import { type Expansion, type RunOptions, runTemplate } from '../template-run.ts'
import type { TemplateSource } from '../template-source.ts'
import type { GoValue } from '../template-values.ts'
import { EscapeLimitError, Escaper } from './escaper.ts'
import { escaperFunctions } from './escaper-functions.ts'
import { contextText, type EscapeFault, type HtmlContext } from './html-context.ts'
import type { SourcedTemplate } from './sourced-template.ts'

/** What templates of pages may call; one of them calls others by a name that is computed. */
const pageFunctions: ReadonlyMap<string, TemplateFunction> = new Map([
  ...templateFunctions,
  ['tmpl', { parameters: ['string', 'any'], call: () => undefined }],
])

const runFunctions: ReadonlyMap<string, TemplateFunction> = new Map([
  ...pageFunctions,
  ...escaperFunctions,
])

/**
 * Templates of a page, which call each other. What they print is escaped by where in HTML it stands,
 * as Go's html/template does.
 */
export class HtmlTemplates {
  readonly #name: string
  readonly #templates = new Map<string, SourcedTemplate>()
  /** Why a template that was asked for cannot be escaped; undefined where it is. */
  readonly #prepared = new Map<string, string | undefined>()
  #outputs: ReadonlyMap<string, HtmlContext> = new Map()

  /** The page itself. Throws TemplateSyntaxError. */
  constructor(page: TemplateSource) {
    this.#name = page.name
    this.add(page)
  }

  /** A text that defines more templates; the latest one of a name counts. Throws TemplateSyntaxError. */
  add(source: TemplateSource): void {
    const trees = parseTemplate({ ...source, hasFunction: (called) => pageFunctions.has(called) })
    for (const [name, root] of trees) {
      if (this.#templates.has(name) && isEmptyTree(root)) continue
      this.#templates.set(name, { root, source })
    }
  }

  /** The page. */
  expand(data: GoValue, options: RunOptions): Expansion | Promise<Expansion> {
    const name = this.#name
    const fault = this.#prepare(name)
    if (fault !== undefined) {
      return { ok: false, error: `error executing template ${name}: ${fault}` }
    }
    const nowhere = { name, text: '' }
    const run = {
      name,
      treeOf: (template: string) => this.#templates.get(template)?.root,
      sourceOf: (template: string) => this.#templates.get(template)?.source ?? nowhere,
      prepare: (template: string) => this.#prepare(template),
      functions: runFunctions,
      context: options,
      missingKey: options.missingKey ?? 'zero',
      outputUnitsMax: limits.consoleOutputUnitsMax,
    }
    return runTemplate(run, data, options)
  }

  /** Makes what a template prints safe for the text of a page; answers why that cannot be. */
  #prepare(name: string): string | undefined {
    if (!this.#templates.has(name)) return `html/template: ${goQuote(name)} is undefined`
    if (!this.#prepared.has(name)) this.#prepared.set(name, this.#contained(name))
    return this.#prepared.get(name)
  }

  #contained(name: string): string | undefined {
    try {
      return this.#escape(name)
    } catch (thrown) {
      const isEndless = thrown instanceof EscapeLimitError
      if (!isEndless && !(thrown instanceof RangeError)) throw thrown
      return faultText(name, { description: isEndless ? thrown.message : 'nested too deeply' })
    }
  }

  #escape(name: string): string | undefined {
    const escaper = new Escaper(this.#templates, this.#outputs)
    const context = escaper.page(name)
    if (context.fault !== undefined) return faultText(name, context.fault)
    if (context.state !== 'Text') {
      const description = `ends in a non-text context: ${contextText(context)}`
      return faultText(name, { description })
    }
    for (const [derived, template] of escaper.derived) this.#templates.set(derived, template)
    for (const [template, { root, source }] of this.#templates) {
      this.#templates.set(template, { root: escaper.edits.applied(root), source })
    }
    this.#outputs = escaper.outputs
    return undefined
  }
}

function faultText(name: string, { description, place, line }: EscapeFault): string {
  const unplaced = line === undefined ? name : `${name}:${line}`
  return `html/template:${place ?? unplaced}: ${description}`
}
