import { NarthexError } from '../base/errors.ts'

/** A part of the server. Throws CLOSED where it is not started yet. */
export function present<T>(part: T | undefined): T {
  if (part === undefined) throw new NarthexError('CLOSED', 'the server is not ready')
  return part
}
