import { NarthexError } from '../base/errors.ts'

/** Where in a file something is wrong: line from 1, and the path of keys that leads there. */
export interface Place {
  readonly line: number
  readonly path: string
}

/** A fault of a configuration text, without the file's name; load.ts adds that. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem'
  constructor(
    message: string,
    readonly place: Place | undefined,
  ) {
    super(message)
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
