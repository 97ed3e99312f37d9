import type { SlashMeaning } from './html-context.ts'

/** Words of JavaScript behind which an expression begins. */
const wordsBeforeExpressions: ReadonlySet<string> = new Set(
  'break case continue delete do else finally in instanceof return throw try typeof void'.split(
    ' ',
  ),
)

/** Signs that end an operator or open something: no operand ends with them. */
const signsBeforeExpressions = ',<>=*%&|^?!~([:;{}'

/**
 * What a slash behind these tokens of a script, none of which is a literal or a comment, begins.
 * Guessed by the last token: `x = ++/foo/i` and a block's brace before a division are misread.
 */
export function slashAfter(tokens: string, before: SlashMeaning): SlashMeaning {
  const end = withoutBlanks(tokens)
  if (end === 0) return before
  const last = tokens[end - 1] ?? ''
  if (last === '+' || last === '-') return isOdd(runLength(tokens, end)) ? 'Regexp' : 'DivOp'
  if (last === '.') return /\d/.test(tokens[end - 2] ?? '') ? 'DivOp' : 'Regexp'
  if (signsBeforeExpressions.includes(last)) return 'Regexp'
  let start = end
  while (start > 0 && isWordPart(tokens[start - 1] ?? '')) start--
  return wordsBeforeExpressions.has(tokens.slice(start, end)) ? 'Regexp' : 'DivOp'
}

/** Whether the character can be in a number or a keyword. */
export function isWordPart(character: string): boolean {
  return /^[$\w]$/.test(character)
}

/** Where the tokens end; the blanks are those of JavaScript. */
function withoutBlanks(tokens: string): number {
  let end = tokens.length
  while (end > 0 && /\s/.test(tokens[end - 1] ?? '')) end--
  return end
}

/** How often the last character stands there. */
function runLength(tokens: string, end: number): number {
  let start = end - 1
  while (start > 0 && tokens[start - 1] === tokens[end - 1]) start--
  return end - start
}

function isOdd(count: number): boolean {
  return count % 2 === 1
}
