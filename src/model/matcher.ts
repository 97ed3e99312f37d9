import { MatcherRegex } from './regex.ts'

export type MatchOp = '=' | '!=' | '=~' | '!~'

/**
 * One condition on one label. An absent label counts as the empty value.
 * Throws RegexError for a pattern that does not compile.
 */
export class Matcher {
  readonly #regex: MatcherRegex | undefined
  constructor(
    readonly op: MatchOp,
    readonly name: string,
    readonly value: string,
  ) {
    this.#regex = op === '=~' || op === '!~' ? new MatcherRegex(value) : undefined
  }

  matches(text: string): boolean {
    switch (this.op) {
      case '=':
        return text === this.value
      case '!=':
        return text !== this.value
      case '=~':
        return this.#regex?.test(text) === true
      case '!~':
        return this.#regex?.test(text) === false
    }
  }
}
