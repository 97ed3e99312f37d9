import { NarthexError } from '../base/errors.ts'
import type { YamlNode } from './yaml-node.ts'

/** Where in a file something is wrong: line from 1, and the path of keys that leads there. */
export interface Place {
  readonly line: number
  readonly path: string
}

/** A value of the wrong type, or a key that is not known or is there twice. */
export interface TypeFault {
  /** The value, or the key. */
  readonly node: YamlNode
  /** In the words of Go's decoder. */
  readonly line: string
}

/** A fault of a configuration text, without the file's name; load.ts adds that. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem'
  // Private: an error that is printed whole must not show the secrets that stand beside a fault.
  readonly #node: YamlNode | undefined
  readonly #types: readonly TypeFault[] | undefined

  constructor(
    message: string,
    readonly place: Place | undefined,
    node?: YamlNode,
    /** Upstream checks it once all of the document is read, not once the node is. */
    readonly isOfDocument = false,
    types?: readonly TypeFault[],
  ) {
    super(message)
    this.#node = node
    this.#types = types
  }

  /** What is wrong, where the document is one that can be read without it. */
  get node(): YamlNode | undefined {
    return this.#node
  }

  /** Where the decoder itself refuses it: it goes on then, and tells all of them. */
  get types(): readonly TypeFault[] | undefined {
    return this.#types
  }

  static ofTypes(types: readonly TypeFault[], place: Place | undefined): ConfigProblem {
    const lines = types.map(({ line }) => `  ${line}`)
    const message = `yaml: unmarshal errors:\n${lines.join('\n')}`
    return new ConfigProblem(message, place, types[0]?.node, false, types)
  }
}

/**
 * The error that leaves config/: upstream's sentence, then the place. Only a broken file makes it;
 * whatever else was thrown is our own fault and goes through unchanged.
 */
export function configInvalid(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof ConfigProblem)) return thrown
  return new NarthexError(
    'CONFIG_INVALID',
    `parsing YAML file ${file}: ${thrown.message}${placeText(file, thrown.place)}`,
    { cause: thrown },
  )
}

export function placeText(file: string, place: Place | undefined): string {
  if (place === undefined) return ''
  return place.path === '' ? ` (${file}:${place.line})` : ` (${file}:${place.line}, ${place.path})`
}
