const inspectSymbol = Symbol.for('nodejs.util.inspect.custom')

/**
 * Text that nobody may see: JSON, YAML, template strings, util.inspect and logs show `<secret>`.
 * Only reveal() answers the text, at the place that puts it on the wire (row C1.6).
 */
export class Secret {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text
  }

  toString(): string {
    return this.#text === '' ? '' : '<secret>'
  }

  toJSON(): string {
    return this.toString()
  }

  [inspectSymbol](): string {
    return this.toString()
  }
}
