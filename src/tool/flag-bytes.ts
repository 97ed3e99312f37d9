import { NarthexError } from '../base/errors.ts'
import { emptySection } from '../config/field-reader.ts'
import { ConfigProblem } from '../config/problem.ts'
import { parseSizeBytes } from '../config/size.ts'
import type { Flags } from './flags.ts'

/** The bytes that a flag names, such as 512MB. Throws FLAG_INVALID for what is no size. */
export function flagBytes(flags: Flags, name: string): number {
  const value = flags.text(name)
  try {
    return parseSizeBytes(value, emptySection)
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown
    const words = `flag --${name} takes a size such as 512MB, not ${JSON.stringify(value)}`
    throw new NarthexError('FLAG_INVALID', words)
  }
}
