import { RE2JS } from 're2js'
import { messageOf } from '../base/errors.ts'

/**
 * A user's pattern, fully anchored, `.` matching newlines, as Go's `^(?s:PATTERN)$`. Time is linear
 * in text and pattern (RE2). Throws RegexError with Go's text for a bad pattern.
 */
export class AnchoredRegex {
  readonly #compiled: RE2JS
  constructor(readonly pattern: string) {
    this.#compiled = compile(`^(?s:${pattern})$`, pattern)
  }

  test(text: string): boolean {
    return this.#compiled.test(text)
  }

  /** The match with its groups, or undefined; group 0 is the whole text. */
  groups(text: string): RegexGroups | undefined {
    const matcher = this.#compiled.matcher(text)
    if (!matcher.find()) return undefined
    return {
      group: (index) => (index <= matcher.groupCount() ? (matcher.group(index) ?? '') : ''),
      named: (name) => {
        try {
          return matcher.group(name) ?? ''
        } catch {
          return ''
        }
      },
    }
  }
}

export interface RegexGroups {
  group(index: number): string
  named(name: string): string
}

export class RegexError extends Error {
  override readonly name = 'RegexError'
}

function compile(source: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (thrown) {
    // What is wrong is told of the pattern as it was written, without the anchors around it.
    throw new RegexError(faultOf(pattern) ?? messageOf(thrown), { cause: thrown })
  }
}

function faultOf(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (thrown) {
    return messageOf(thrown)
  }
}
