import { NarthexError } from '../base/errors.ts'
import type { Located } from './field-reader.ts'

/** What the readers of sections need beside the text. */
export interface ReadContext {
  /** The folder that relative paths start from. */
  readonly directory: string
  /**
   * Upstream takes this, we cannot do it yet: throws NarthexError NOT_BUILT_YET, or notes it and
   * goes on where the user allowed that.
   */
  notBuilt(name: string, at: Located): void
}

export class FileContext implements ReadContext {
  readonly notices: string[]
  readonly #file: string
  readonly #allowUnimplemented: boolean

  constructor(
    file: string,
    readonly directory: string,
    options: { readonly allowUnimplemented: boolean; readonly notices: string[] },
  ) {
    this.#file = file
    this.#allowUnimplemented = options.allowUnimplemented
    this.notices = options.notices
  }

  notBuilt(name: string, at: Located): void {
    const fact = `${this.#file}:${at.node.line}: ${name} is not built yet`
    if (!this.#allowUnimplemented) {
      throw new NarthexError(
        'NOT_BUILT_YET',
        `${fact}; --narthex.allow-unimplemented starts anyway and leaves it out`,
      )
    }
    this.notices.push(`${fact} and is left out`)
  }
}
