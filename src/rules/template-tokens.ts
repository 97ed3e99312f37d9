import { createToken, type IToken, type ITokenConfig, Lexer, type TokenType } from 'chevrotain'
import { limits } from '../base/limits.ts'
import { goQuote, goQuoteRune } from '../model/go-quote.ts'

/**
 * The vocabulary of Go's template language (https://pkg.go.dev/text/template, "Actions" and "Text and
 * spaces"): text, actions in braces, and parentheses in actions, which the lexer counts by modes. What
 * is no token of the language is a Wrong one, that has Go's words.
 */
type Pattern = NonNullable<ITokenConfig['pattern']>

const make = (name: string, pattern: Pattern, more: Partial<ITokenConfig> = {}): TokenType =>
  createToken({ name, pattern, line_breaks: true, ...more })

/** How far a pattern of the flag y reaches from a place; undefined where it does not match. */
function endOf(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function pieceBy(find: (text: string, offset: number) => number | undefined): Pattern {
  return {
    exec(text: string, offset: number) {
      const end = find(text, offset)
      return end === undefined || end === offset ? null : [text.slice(offset, end)]
    },
  }
}

/** Of a pattern with the flag u, which Chevrotain takes from plain ones. */
const unicode = (pattern: RegExp): Pattern => pieceBy((text, at) => endOf(pattern, text, at))

const letter = /[_\p{L}\p{Nd}]/uy
/** Behind a word stand blanks, the end, some signs or the closing braces. */
const wordEnd = /(?=[ \t\r\n.,|:()]|\}\}|(?![\s\S]))/y

const keyword = (word: string): TokenType =>
  make(
    `Keyword_${word}`,
    pieceBy((text, at) =>
      text.startsWith(word, at) ? endOf(wordEnd, text, at + word.length) : undefined,
    ),
  )

type NumberKind = 'number' | 'complex' | 'bad'

/**
 * A number is at most limits.templateNumberUnitsMax long; up to the first letter it is bad. A point
 * that nothing follows is one to Go's lexer, and none to its parser.
 */
function numberAt(text: string, offset: number): { kind: NumberKind; end: number } | undefined {
  if (endOf(/[+\-0-9]|\.(?:[0-9]|(?![\s\S]))/y, text, offset) === undefined) return undefined
  const first = oneNumber(text, offset)
  if (!first.isWhole) return { kind: 'bad', end: first.end }
  if (endOf(/[+-]/y, text, first.end) === undefined) return { kind: 'number', end: first.end }
  const { isWhole, end } = oneNumber(text, first.end)
  return { kind: isWhole && text[end - 1] === 'i' ? 'complex' : 'bad', end }
}

function oneNumber(text: string, offset: number): { isWhole: boolean; end: number } {
  const most = text.slice(0, offset + limits.templateNumberUnitsMax)
  const pattern =
    /[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?/y
  const end = endOf(pattern, most, offset) ?? offset
  const behind = endOf(letter, text, end)
  return { isWhole: behind === undefined, end: behind ?? end }
}

const numberOf = (kind: NumberKind): Pattern =>
  pieceBy((text, offset) => {
    const found = numberAt(text, offset)
    return found?.kind === kind ? found.end : undefined
  })

function openBraces(text: string, offset: number): number {
  const open = text.indexOf('{{', offset)
  return open < 0 ? text.length : open
}

const Wrong = make('Wrong', Lexer.NA)
/** What is behind it is not looked at. */
const wrong = (name: string, pattern: Pattern): TokenType =>
  make(name, pattern, { categories: [Wrong], push_mode: 'over' })

export const tokens = {
  Text: make('Text', pieceBy(openBraces)),
  Left: make('Left', /\{\{(?:-[ \t\r\n])?/, { push_mode: 'action' }),
  Right: make('Right', /[ \t\r\n]-\}\}[ \t\r\n]*|\}\}/, { pop_mode: true }),
  Assign: make('Assign', /=/),
  Declare: make('Declare', /:=/),
  Comma: make('Comma', /,/),
  Pipe: make('Pipe', /\|/),
  LeftParen: make('LeftParen', /\(/, { push_mode: 'parentheses' }),
  RightParen: make('RightParen', /\)/, { pop_mode: true }),
  String: make('String', /"(?:[^"\\\n]|\\[^\n])*"/),
  Character: make('Character', /'(?:[^'\\\n]|\\[^\n])*'/),
  RawString: make('RawString', /`[^`]*`/),
  Complex: make('Complex', numberOf('complex')),
  Number: make('Number', numberOf('number')),
  Variable: make('Variable', unicode(/\$[_\p{L}\p{Nd}]*(?=[ \t\r\n.,|:()]|\}\}|(?![\s\S]))/uy)),
  Dot: make('Dot', /\.(?=[ \t\r\n.,|:()]|\}\})/),
  Field: make('Field', unicode(/\.[_\p{L}\p{Nd}]+(?=[ \t\r\n.,|:()]|\}\}|(?![\s\S]))/uy)),
  Block: keyword('block'),
  Break: keyword('break'),
  Continue: keyword('continue'),
  Define: keyword('define'),
  Else: keyword('else'),
  End: keyword('end'),
  If: keyword('if'),
  Nil: keyword('nil'),
  Range: keyword('range'),
  Template: keyword('template'),
  With: keyword('with'),
  Bool: make('Bool', /(?:true|false)(?=[ \t\r\n.,|:()]|\}\}|(?![\s\S]))/),
  Identifier: make('Identifier', unicode(/[_\p{L}\p{Nd}]+(?=[ \t\r\n.,|:()]|\}\}|(?![\s\S]))/uy)),
  /** Any other sign, of which the grammar knows none. */
  Sign: make('Sign', /[!-~]/),
  Wrong,
}

const commentStart = /\{\{(?:-[ \t\r\n])?\/\*/y

const Comment = make(
  'Comment',
  pieceBy((text, offset) => {
    const start = endOf(commentStart, text, offset)
    const close = start === undefined ? -1 : text.indexOf('*/', start)
    return close < 0 ? undefined : endOf(/[ \t\r\n]-\}\}[ \t\r\n]*|\}\}/y, text, close + 2)
  }),
  { group: Lexer.SKIPPED },
)
const Space = make('Space', /(?:(?![ \t\r\n]-\}\})[ \t\r\n])+/, { group: Lexer.SKIPPED })
const Rest = make(
  'Rest',
  pieceBy((text) => text.length),
  { group: Lexer.SKIPPED },
)
const UnclosedComment = wrong(
  'UnclosedComment',
  pieceBy((text, offset) => {
    const start = endOf(commentStart, text, offset)
    return start === undefined || text.includes('*/', start) ? undefined : start
  }),
)
const BadComment = wrong('BadComment', /\{\{(?:-[ \t\r\n])?\/\*/)
const UnclosedString = wrong('UnclosedString', /"/)
const UnclosedCharacter = wrong('UnclosedCharacter', /'/)
const UnclosedRawString = wrong('UnclosedRawString', /`/)
const UnclosedParen = wrong('UnclosedParen', /[ \t\r\n]-\}\}|\}\}/)
const UnopenedParen = wrong('UnopenedParen', /\)/)
const LoneColon = wrong('LoneColon', /:/)
const BadNumber = wrong('BadNumber', numberOf('bad'))
const BadWord = wrong('BadWord', unicode(/[$.]?[_\p{L}\p{Nd}]+|[$.]/uy))
const Unknown = wrong('Unknown', unicode(/[\s\S]/uy))

/** Go's words, of the token and of the text that it is in. */
const faults: ReadonlyMap<TokenType, (token: IToken, text: string) => string> = new Map([
  [UnclosedComment, () => 'unclosed comment'],
  [BadComment, () => 'comment ends before closing delimiter'],
  [UnclosedString, () => 'unterminated quoted string'],
  [UnclosedCharacter, () => 'unterminated character constant'],
  [UnclosedRawString, () => 'unterminated raw quoted string'],
  [UnclosedParen, () => 'unclosed left paren'],
  [UnopenedParen, () => 'unexpected right paren'],
  [LoneColon, () => 'expected :='],
  [BadNumber, ({ image }: IToken) => `bad number syntax: ${goQuote(image)}`],
  [
    BadWord,
    ({ image, startOffset }: IToken, text: string) =>
      `bad character ${shownRune(text, startOffset + image.length)}`,
  ],
  [
    Unknown,
    ({ startOffset }: IToken, text: string) =>
      `unrecognized character in action: ${shownRune(text, startOffset)}`,
  ],
])

/** Go's %#U: the code point, and the character where it can be printed. */
function shownRune(text: string, offset: number): string {
  const code = text.codePointAt(offset) ?? 0
  const character = String.fromCodePoint(code)
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  const isShown = goQuoteRune(character) === `'${character}'` || /['\\]/.test(character)
  return isShown ? `U+${hex} '${character}'` : `U+${hex}`
}

const t = tokens
export const keywords = [t.Block, t.Break, t.Continue, t.Define, t.Else, t.End, t.If, t.Nil].concat(
  t.Range,
  t.Template,
  t.With,
)
const inBoth = [Space, t.Assign, t.Declare, LoneColon, t.Comma, t.Pipe, t.LeftParen]
  .concat(t.String, UnclosedString, t.Character, UnclosedCharacter, t.RawString, UnclosedRawString)
  .concat(t.Complex, t.Number, BadNumber, t.Variable, t.Dot, t.Field)
  .concat(keywords, t.Bool, t.Identifier, BadWord, t.Sign, Unknown)

let lexer: Lexer | undefined

function theLexer(): Lexer {
  lexer ??= new Lexer(
    {
      modes: {
        text: [Comment, UnclosedComment, BadComment, t.Left, t.Text],
        action: [t.Right, UnopenedParen, ...inBoth],
        parentheses: [UnclosedParen, t.RightParen, ...inBoth],
        over: [Rest],
      },
      defaultMode: 'text',
    },
    { lineTerminatorsPattern: /\n/g, lineTerminatorCharacters: ['\n'] },
  )
  return lexer
}

export const vocabulary: TokenType[] = Object.values(tokens)

const wrongType = { tokenType: Wrong, tokenTypeIdx: Wrong.tokenTypeIdx ?? 0 }

/** Tokens without blanks and comments; a Wrong one is the last, and its image says what is wrong. */
export function templateTokens(text: string): readonly IToken[] {
  const found = theLexer().tokenize(text).tokens
  const last = found.at(-1)
  const fault = last === undefined ? undefined : faults.get(last.tokenType)?.(last, text)
  if (last !== undefined && fault !== undefined) {
    return [...found.slice(0, -1), { ...last, ...wrongType, image: fault }]
  }
  const isOpen = last !== undefined && last.tokenType !== t.Text && last.tokenType !== t.Right
  return isOpen ? [...found, unclosedAction(text)] : found
}

function unclosedAction(text: string): IToken {
  return {
    image: 'unclosed action',
    startOffset: text.length,
    startLine: text.split('\n').length,
    ...wrongType,
  }
}
