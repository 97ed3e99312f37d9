import { alertTemplate, alertTemplateInputs, alertTemplateName } from './alert-template.ts'
import type { Template } from './template-expander.ts'
import type { TemplateInputs } from './template-inputs.ts'
import { TemplateSyntaxError } from './template-parser.ts'

/** What is wrong with a template, in words. */
type Fault = string

/**
 * A label or annotation of an alerting rule; without braces it is the same for every alert. Its
 * template is parsed for the first alert that is found: most rules find none for long, and a tree
 * takes some KiB. Labels of a group may hold what does not parse, as upstream.
 */
export class AlertText {
  readonly #alert: string
  readonly #isPlain: boolean
  #parsed: Template | Fault | undefined

  constructor(
    alert: string,
    readonly name: string,
    readonly text: string,
  ) {
    this.#alert = alert
    this.#isPlain = !text.includes('{{')
  }

  /** Undefined for a plain text. */
  get template(): Template | Fault | undefined {
    if (!this.#isPlain) this.#parsed ??= parsed(this.#alert, this.text)
    return this.#parsed
  }

  get inputs(): TemplateInputs {
    const { template } = this
    return typeof template === 'object' ? alertTemplateInputs(template) : 'nothing'
  }
}

function parsed(alert: string, text: string): Template | Fault {
  try {
    return alertTemplate(alert, text)
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown
    return `error parsing template ${alertTemplateName(alert)}: ${thrown.message}`
  }
}
