import { type IRecognitionException, type IToken, isRecognitionException } from 'chevrotain'
import { limits } from '../../base/limits.ts'
import { bytesOfText } from '../../model/byte-text.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Expr } from './ast.ts'
import { TypeChecker } from './check-types.ts'
import { PromqlGrammar } from './grammar.ts'
import { QueryLexer } from './lexer.ts'
import { NestingError, nestingOf, nestingWords } from './nesting.ts'
import { type ParseFault, QueryParseError } from './parse-error.ts'
import { defaultParseOptions, type ParseOptions } from './parse-options.ts'
import { syntaxFault } from './syntax-fault.ts'
import { endOf } from './token-nodes.ts'
import { tokens as vocabularyTokens } from './tokens.ts'

/** Building the grammar takes tens of milliseconds: once a thread. */
let shared: PromqlGrammar | undefined

/**
 * The checked tree of a query (rows Q1 to Q5). Throws QueryParseError with upstream's words and
 * positions; a text or nesting over its limit is refused the same way.
 */
export function parseExpr(query: string, options: ParseOptions = defaultParseOptions): Expr {
  return parseExprBytes(bytesOfText(query), options)
}

/**
 * The matchers of a selector without offset or @, as match[] takes them. They may match
 * everything: whoever asks decides whether that is allowed.
 */
export function parseSelector(query: string): readonly Matcher[] {
  const text = bytesOfText(query)
  const start = (grammar: PromqlGrammar) => grammar.selector()
  const emptiness = { message: 'unexpected end of input', offset: text.length }
  return parseTree(text, defaultParseOptions, start, emptiness).matchers
}

/** The same for a query that is given as latin1 of its bytes, which need not be UTF-8. */
export function parseExprBytes(text: string, options: ParseOptions): Expr {
  const tree = parseTree(text, options, (grammar) => grammar.expression())
  const faults: ParseFault[] = []
  const checker = new TypeChecker(text, (span, message) => faults.push({ span, message }))
  const depth = nestingOf(tree)
  if (depth > limits.queryNestingMax) throw failed(text, nestingWords(depth, 'expressions'))
  const checked = withinStack(text, () => checker.check(tree))
  if (faults.length > 0) throw new QueryParseError(faults, text)
  return checked
}

function parseTree<Tree>(
  text: string,
  options: ParseOptions,
  start: (grammar: PromqlGrammar) => Tree,
  emptiness = { message: 'no expression found in input', offset: 0 },
): Tree {
  if (text.length > limits.queryTextBytesMax) {
    throw failed(text, `query of ${text.length} bytes, limit ${limits.queryTextBytesMax} bytes`)
  }
  const tokens = withinStack(text, () => new QueryLexer(text).run())
  if (tokens.length === 0) {
    const span = { start: emptiness.offset, end: emptiness.offset }
    throw new QueryParseError([{ span, message: emptiness.message }], text)
  }
  shared ??= new PromqlGrammar()
  const grammar = shared
  grammar.begin(tokens, options)
  const tree = withinStack(text, () => start(grammar))
  const faults = [...grammar.builder.faults]
  const [stuck] = grammar.errors
  if (stuck !== undefined) addStuck(faults, stuck, grammar, text)
  if (faults.length > 0) throw new QueryParseError(faults, text)
  return tree
}

/**
 * A lexical error comes before faults of what upstream only knows to have ended when it has read the
 * next token.
 */
function addStuck(
  faults: ParseFault[],
  stuck: IRecognitionException,
  grammar: PromqlGrammar,
  text: string,
): void {
  const { token, context } = stuck
  const all = grammar.input
  const at = Number.isNaN(token.startOffset) ? all.length : all.indexOf(token)
  const previous = all[at - 1]
  const isBehindColon = isColonOpen(all.slice(0, at))
  const fault = syntaxFault(
    { token, previous, earlier: all[at - 2], isBehindColon, rules: context.ruleStack },
    text.length,
  )
  let place = faults.length
  const end = previous === undefined ? 0 : endOf(previous)
  while (token.tokenType === vocabularyTokens.Wrong && faults[place - 1]?.nextEnd === end) place--
  faults.splice(place, 0, fault)
}

/** Whether the last bracket of these tokens is open and has a colon. */
function isColonOpen(tokens: readonly IToken[]): boolean {
  let isOpen = false
  for (const { tokenType } of tokens) {
    if (tokenType === vocabularyTokens.Colon) isOpen = true
    else if (
      tokenType === vocabularyTokens.LeftBracket ||
      tokenType === vocabularyTokens.RightBracket
    ) {
      isOpen = false
    }
  }
  return isOpen
}

/**
 * Recursion goes as deep as the text nests, within the limit. The stacks of query workers are sized
 * for that; a thread with a smaller one, which reads rule files, says so.
 */
function withinStack<T>(text: string, run: () => T): T {
  try {
    return run()
  } catch (thrown) {
    if (thrown instanceof NestingError) throw failed(text, thrown.message, thrown.offset)
    if (thrown instanceof RangeError || isRecognitionException(asError(thrown))) {
      const depth = nestingOfText(text)
      const words = `nesting of ${depth} parentheses needs more stack than this thread has`
      throw failed(text, `${words}, limit of queries ${limits.queryNestingMax}`)
    }
    throw thrown
  }
}

/** Only for words: quotes and comments are not looked at. */
function nestingOfText(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const character of text) {
    if (character === '(') deepest = Math.max(deepest, ++depth)
    else if (character === ')') depth--
  }
  return deepest
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

function failed(text: string, message: string, start = 0): QueryParseError {
  const span = { start, end: Math.min(text.length, start + 100) }
  return new QueryParseError([{ span, message }], text)
}
