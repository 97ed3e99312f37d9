import { createToken, Lexer, type TokenType } from 'chevrotain'
import { textOfBytes } from '../../model/byte-text.ts'
import { goQuote } from '../../model/go-quote.ts'

/**
 * The vocabulary of the grammar. The texts come from lexer.ts and not from patterns: which words are
 * keywords depends on brackets and braces, and every lexical error has upstream's words.
 */
const make = (name: string, categories: TokenType[] = []): TokenType =>
  createToken({ name, pattern: Lexer.NA, categories })

/** What may be the name of a metric, and of a label in a grouping. */
const MetricWord = make('MetricWord')
const LabelWord = make('LabelWord')
const FunctionWord = make('FunctionWord')
const BinaryOperator = make('BinaryOperator')
const Sign = make('Sign', [BinaryOperator])
const AggregateWord = make('AggregateWord', [MetricWord, LabelWord])
const MatchOperator = make('MatchOperator')
const ExtremeWord = make('ExtremeWord', [MetricWord, LabelWord, FunctionWord])
const StepOrRange = make('StepOrRange', [MetricWord, LabelWord, FunctionWord])
const StartOrEnd = make('StartOrEnd', [MetricWord, LabelWord, FunctionWord])
const DurationOperator = make('DurationOperator')

export const categories = {
  MetricWord,
  LabelWord,
  FunctionWord,
  BinaryOperator,
  Sign,
  AggregateWord,
  MatchOperator,
  ExtremeWord,
  StepOrRange,
  StartOrEnd,
  DurationOperator,
}

export const tokens = {
  Identifier: make('Identifier', [MetricWord, LabelWord, FunctionWord]),
  MetricIdentifier: make('MetricIdentifier', [MetricWord, LabelWord]),
  Number: make('Number'),
  Duration: make('Duration'),
  String: make('String'),
  LeftParen: make('LeftParen'),
  RightParen: make('RightParen'),
  LeftBrace: make('LeftBrace'),
  RightBrace: make('RightBrace'),
  LeftBracket: make('LeftBracket'),
  RightBracket: make('RightBracket'),
  Comma: make('Comma'),
  Colon: make('Colon'),
  At: make('At'),
  /** A lexical error: the end of what can be read. */
  Wrong: make('Wrong'),
  Add: make('Add', [Sign, DurationOperator]),
  Sub: make('Sub', [Sign, DurationOperator]),
  Arithmetic: make('Arithmetic', [BinaryOperator, DurationOperator]),
  Comparison: make('Comparison', [BinaryOperator]),
  /** Compares in an expression, matches inside braces. */
  NotEqual: make('NotEqual', [BinaryOperator, MatchOperator]),
  Equal: make('Equal', [MatchOperator]),
  RegexMatch: make('RegexMatch', [MatchOperator]),
  SetWord: make('SetWord', [BinaryOperator, MetricWord, LabelWord]),
  Atan2: make('Atan2', [BinaryOperator, LabelWord]),
  Aggregate: make('Aggregate', [AggregateWord]),
  Offset: make('Offset', [MetricWord, LabelWord]),
  Anchored: make('Anchored', [MetricWord, LabelWord]),
  Smoothed: make('Smoothed', [MetricWord, LabelWord]),
  By: make('By', [MetricWord, LabelWord]),
  Without: make('Without', [MetricWord]),
  On: make('On', [LabelWord]),
  Ignoring: make('Ignoring', [LabelWord]),
  GroupLeft: make('GroupLeft', [LabelWord]),
  GroupRight: make('GroupRight', [LabelWord]),
  Fill: make('Fill', [MetricWord, LabelWord]),
  FillLeft: make('FillLeft', [MetricWord, LabelWord]),
  FillRight: make('FillRight', [MetricWord, LabelWord]),
  Bool: make('Bool', [LabelWord]),
  Preprocessor: make('Preprocessor', [StartOrEnd]),
  DurationWord: make('DurationWord', [StepOrRange]),
  Extreme: make('Extreme', [ExtremeWord]),
  Space: make('Space'),
  Blank: make('Blank'),
  Times: make('Times'),
  OpenHistogram: make('OpenHistogram'),
  CloseHistogram: make('CloseHistogram'),
  HistogramKey: make('HistogramKey'),
  ResetHint: make('ResetHint'),
}

export const vocabulary: TokenType[] = [...Object.values(categories), ...Object.values(tokens)]

/** Words in any case, and what they are outside of braces. */
export const keywords: ReadonlyMap<string, TokenType> = new Map([
  ...words(tokens.SetWord, 'and or unless'),
  ...words(tokens.Atan2, 'atan2'),
  ...words(
    tokens.Aggregate,
    'sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio',
  ),
  ...words(tokens.Offset, 'offset'),
  ...words(tokens.Smoothed, 'smoothed'),
  ...words(tokens.Anchored, 'anchored'),
  ...words(tokens.By, 'by'),
  ...words(tokens.Without, 'without'),
  ...words(tokens.On, 'on'),
  ...words(tokens.Ignoring, 'ignoring'),
  ...words(tokens.GroupLeft, 'group_left'),
  ...words(tokens.GroupRight, 'group_right'),
  ...words(tokens.Fill, 'fill'),
  ...words(tokens.FillLeft, 'fill_left'),
  ...words(tokens.FillRight, 'fill_right'),
  ...words(tokens.Bool, 'bool'),
  ...words(tokens.Preprocessor, 'start end'),
  ...words(tokens.DurationWord, 'step range'),
  ...words(tokens.Extreme, 'max_of min_of'),
  ...words(tokens.Number, 'inf nan'),
])

function words(type: TokenType, list: string): [string, TokenType][] {
  return list.split(' ').map((word) => [word, type])
}

const wordsInAngles: readonly TokenType[] = [
  tokens.Offset,
  tokens.Smoothed,
  tokens.Anchored,
  tokens.By,
  tokens.Without,
  tokens.On,
  tokens.Ignoring,
  tokens.GroupLeft,
  tokens.GroupRight,
  tokens.Fill,
  tokens.FillLeft,
  tokens.FillRight,
  tokens.Bool,
]
const operators: readonly TokenType[] = [
  tokens.Add,
  tokens.Sub,
  tokens.Arithmetic,
  tokens.Comparison,
  tokens.NotEqual,
  tokens.RegexMatch,
  tokens.SetWord,
  tokens.Atan2,
  tokens.At,
]
const namedKinds = new Map<TokenType, string>([
  [tokens.Identifier, 'identifier'],
  [tokens.MetricIdentifier, 'metric identifier'],
  [tokens.String, 'string'],
  [tokens.Number, 'number'],
  [tokens.Duration, 'duration'],
])

/** A token as upstream names it in its messages. */
export function describeToken(type: TokenType, image: string): string {
  if (wordsInAngles.includes(type)) return `<${image}>`
  if (operators.includes(type)) return `<op:${image}>`
  if (type === tokens.Aggregate) return `<aggr:${image}>`
  const kind = namedKinds.get(type)
  const isName = type === tokens.Identifier || type === tokens.MetricIdentifier
  const text = isName ? quoted(image) : shortened(image)
  return kind === undefined ? text : `${kind} ${text}`
}

function shortened(image: string): string {
  if (image.length <= 10) return quoted(image)
  return `${goQuote([...textOfBytes(image)].slice(0, 10).join(''))}...`
}

/** Go's %q of a text whose characters are bytes of UTF-8. */
export function quoted(bytes: string): string {
  return goQuote(textOfBytes(bytes))
}
