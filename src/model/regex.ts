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
    return matcher.find() ? groupsOf(matcher) : undefined
  }
}

/** A user's pattern that may match anywhere, as Go's regexp package has it. Throws RegexError. */
export class SearchRegex {
  readonly #compiled: RE2JS
  constructor(pattern: string) {
    this.#compiled = compile(pattern, pattern)
  }

  test(text: string): boolean {
    return this.#compiled.matcher(text).find()
  }

  /** Every match replaced by what `replacement` makes of its groups. */
  replaceAll(text: string, replacement: (groups: RegexGroups) => string): string {
    const matcher = this.#compiled.matcher(text)
    let replaced = ''
    let end = -1
    let copied = 0
    while (matcher.find()) {
      const [from, to] = [matcher.start(), matcher.end()]
      // Go passes over an empty match right behind another one.
      if (from === to && from === end) continue
      replaced += text.slice(copied, from) + replacement(groupsOf(matcher))
      end = to
      copied = to
    }
    return replaced + text.slice(copied)
  }
}

export interface RegexGroups {
  group(index: number): string
  named(name: string): string
}

export class RegexError extends Error {
  override readonly name = 'RegexError'
}

function groupsOf(matcher: ReturnType<RE2JS['matcher']>): RegexGroups {
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
