import { RE2JS } from 're2js'
import { messageOf } from '../base/errors.ts'

/**
 * A user's pattern, fully anchored, `.` matching newlines, as Go's `^(?s:PATTERN)$`. Time is linear
 * in text and pattern (RE2). Throws RegexError with Go's text for a bad pattern.
 */
export class AnchoredRegex {
  readonly #compiled: Compiled
  constructor(readonly pattern: string) {
    this.#compiled = this.compiled(pattern)
  }

  protected compiled(pattern: string): Compiled {
    return compile(`^(?s:${pattern})$`)
  }

  test(text: string): boolean {
    return this.#compiled.program.test(text)
  }

  /** The match with its groups, or undefined; group 0 is the whole text. */
  groups(text: string): RegexGroups | undefined {
    const { program, names } = this.#compiled
    const matcher = program.matcher(text)
    return matcher.find() ? groupsOf(matcher, names) : undefined
  }
}

/** The same of a matcher: the pattern must be one without the anchors, too, and is blamed so. */
export class MatcherRegex extends AnchoredRegex {
  protected override compiled(pattern: string): Compiled {
    if (!/[)[(\\*+?{]/.test(pattern)) return super.compiled(pattern)
    compile(pattern)
    // What \Q quotes may go on until the end.
    return super.compiled(pattern.includes('\\Q') ? `${pattern}\\E` : pattern)
  }
}

/** A user's pattern that may match anywhere, as Go's regexp package has it. Throws RegexError. */
export class SearchRegex {
  readonly #compiled: Compiled
  constructor(pattern: string) {
    this.#compiled = compile(pattern)
  }

  test(text: string): boolean {
    return this.#compiled.program.matcher(text).find()
  }

  /** Every match replaced by what `replacement` makes of its groups. */
  replaceAll(text: string, replacement: (groups: RegexGroups) => string): string {
    const { program, names } = this.#compiled
    const matcher = program.matcher(text)
    let replaced = ''
    let end = -1
    let copied = 0
    while (matcher.find()) {
      const [from, to] = [matcher.start(), matcher.end()]
      // Go passes over an empty match right behind another one.
      if (from === to && from === end) continue
      replaced += text.slice(copied, from) + replacement(groupsOf(matcher, names))
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

interface Compiled {
  readonly program: RE2JS
  /** The numbers of the groups of a name, where one has several. */
  readonly names: GroupNumbers | undefined
}

type GroupNumbers = ReadonlyMap<string, readonly number[]>

function groupsOf(
  matcher: ReturnType<RE2JS['matcher']>,
  names: GroupNumbers | undefined,
): RegexGroups {
  const group = (index: number) =>
    index <= matcher.groupCount() ? (matcher.group(index) ?? '') : ''
  return {
    group,
    named: (name) => {
      // Of groups with one name Go takes the first that matched.
      if (names !== undefined) {
        const matched = names.get(name)?.find((index) => (matcher.group(index) ?? null) !== null)
        return matched === undefined ? '' : group(matched)
      }
      try {
        return matcher.group(name) ?? ''
      } catch {
        return ''
      }
    },
  }
}

function compile(source: string): Compiled {
  try {
    return { program: RE2JS.compile(source), names: undefined }
  } catch (thrown) {
    const message = messageOf(thrown)
    if (message.includes('duplicate capture group name')) return compileUnnamed(source)
    throw new RegexError(message, { cause: thrown })
  }
}

/** Go takes a name twice, which the library refuses: then we keep the names. */
function compileUnnamed(source: string): Compiled {
  const names = new Map<string, number[]>()
  let count = 0
  const unnamed = source.replace(groupOrQuoted, (token, opening?: string, name?: string) => {
    if (opening === undefined) return token
    count++
    if (name === undefined) return token
    names.set(name, [...(names.get(name) ?? []), count])
    return '('
  })
  return { program: compile(unnamed).program, names }
}

/** What may have a parenthesis that opens nothing (quoted, escaped, in brackets); or a group. */
const groupOrQuoted =
  /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|(\((?:\?P?<(\w+)>|(?!\?)))/gs
