import type { Expr } from '../../../src/promql/parse/ast.ts'
import { parseExprBytes } from '../../../src/promql/parse/parse.ts'
import { QueryParseError } from '../../../src/promql/parse/parse-error.ts'
import { defaultParseOptions, type ParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { prettifyExpr } from '../../../src/promql/parse/prettify.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'
import { printHistogram } from '../../../src/promql/parse/print-histogram.ts'
import { UnquoteError, unquote } from '../../../src/promql/parse/scan-string.ts'
import {
  parseSeriesNotation,
  type SequenceValue,
} from '../../../src/promql/parse/series-notation.ts'
import type { Area, CaseResult } from '../area.ts'
import { bytesOf, caseFile, caseName, type DataText, difference, runCase } from '../case-file.ts'
import { upstreamTree } from '../upstream-tree.ts'

interface ParserHead {
  readonly parser_options: Readonly<Record<string, boolean>>
}

export const parser: Area = {
  async run(directory) {
    return [
      ...expressions(directory),
      ...printed(directory),
      ...stringLiterals(directory),
      ...extractedSelectors(directory),
      ...prettified(directory),
      ...seriesLines(directory, 'series.json'),
      ...seriesLines(directory, 'histogram_series.json'),
      ...histogramLiterals(directory),
    ]
  },
}

interface ExpressionCase {
  readonly input?: DataText
  readonly input_parts?: readonly (readonly [string, number])[]
  readonly ok: boolean
  readonly ast?: object
  readonly error?: string
}

function expressions(directory: string): readonly CaseResult[] {
  const file = caseFile<ExpressionCase, ParserHead>(directory, 'expressions.json')
  const options = parseOptions(file.parser_options)
  return file.cases.map((one, index) =>
    runCase(caseName('expressions.json', index, one.input ?? one.input_parts), () => {
      const text = bytesOf(one.input ?? joined(one.input_parts ?? []))
      const outcome = parsed(text, options)
      if (typeof outcome === 'string') return difference(outcome, one.ok ? 'it parses' : one.error)
      if (!one.ok) return `parses, but should fail: ${one.error}`
      return difference(normal(upstreamTree(outcome)), normal(one.ast))
    }),
  )
}

/** Key order is of no meaning, nor whether an empty list, a zero or its word is written out. */
function normal(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(normal)
  if (typeof tree !== 'object' || tree === null) return tree
  const entries = Object.entries(tree)
    .filter(
      ([key, value]) =>
        !(Array.isArray(value) && value.length === 0) &&
        !(value === 0 && key.endsWith('Offset')) &&
        !(value === 'one-to-one' && key === 'Card') &&
        value !== 'VectorMatching',
    )
    .map(([key, value]): [string, unknown] => [key, normal(value)])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function joined(parts: readonly (readonly [string, number])[]): string {
  return parts.map(([text, count]) => text.repeat(count)).join('')
}

function parsed(text: string, options: ParseOptions): Expr | string {
  try {
    return parseExprBytes(text, options)
  } catch (thrown) {
    if (thrown instanceof QueryParseError) return thrown.message
    throw thrown
  }
}

function printed(directory: string): readonly CaseResult[] {
  const file = caseFile<{ input: string; output?: string }, ParserHead>(directory, 'printer.json')
  const options = parseOptions({ ...file.parser_options, experimental_functions: true })
  return file.cases.map(({ input, output }, index) =>
    runCase(caseName('printer.json', index, input), () =>
      difference(printExpr(parseExprBytes(bytesOf(input), options)), output ?? input),
    ),
  )
}

function stringLiterals(directory: string): readonly CaseResult[] {
  const file = caseFile<{ input: DataText; output?: DataText; error?: boolean }>(
    directory,
    'string_literals.json',
  )
  return file.cases.map(({ input, output, error }, index) =>
    runCase(caseName('string_literals.json', index, input), () => {
      try {
        const text = unquote(bytesOf(input))
        return error === true ? `unquotes to ${text}` : difference(text, bytesOf(output ?? ''))
      } catch (thrown) {
        if (thrown instanceof UnquoteError && error === true) return undefined
        throw thrown
      }
    }),
  )
}

function extractedSelectors(directory: string): readonly CaseResult[] {
  const file = caseFile<{ input: string; selectors: readonly string[] }>(
    directory,
    'extract_selectors.json',
  )
  return file.cases.map(({ input, selectors }, index) =>
    runCase(caseName('extract_selectors.json', index, input), () =>
      difference(selectorsOf(parseExprBytes(input, defaultParseOptions)), selectors),
    ),
  )
}

function selectorsOf(expr: Expr): readonly string[] {
  switch (expr.kind) {
    case 'vector-selector':
      return [
        `{${expr.matchers.map(({ op, name, value }) => `${name}${op}${JSON.stringify(value)}`).join(', ')}}`,
      ]
    case 'range-selector':
      return selectorsOf(expr.selector)
    case 'binary':
      return [...selectorsOf(expr.left), ...selectorsOf(expr.right)]
    case 'call':
      return expr.args.flatMap(selectorsOf)
    case 'aggregate':
    case 'paren':
    case 'unary':
    case 'subquery':
      return selectorsOf(expr.expr)
    default:
      return []
  }
}

interface HistogramFields {
  readonly Schema?: number
  readonly Count?: number
  readonly Sum?: number
  readonly ZeroCount?: number
  readonly ZeroThreshold?: number
  readonly CounterResetHint?: string
  readonly PositiveSpans?: readonly { readonly Offset: number; readonly Length: number }[]
  readonly PositiveBuckets?: readonly number[]
  readonly NegativeSpans?: readonly { readonly Offset: number; readonly Length: number }[]
  readonly NegativeBuckets?: readonly number[]
}

interface SeriesCase {
  readonly input: string
  readonly ok: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly values?: readonly (number | null)[]
  readonly histograms?: readonly HistogramFields[]
  readonly error?: string
  readonly error_contains?: string
}

function seriesLines(directory: string, name: string): readonly CaseResult[] {
  return caseFile<SeriesCase>(directory, name).cases.map((one, index) =>
    runCase(caseName(name, index, one.input), () => {
      try {
        const { labels, values } = parseSeriesNotation(one.input)
        if (!one.ok) return `parses, but should fail: ${one.error ?? one.error_contains}`
        if (one.histograms !== undefined) {
          return difference(values.map(histogramFields), one.histograms.map(withoutZeros))
        }
        const found = values.map((value) => (value.kind === 'float' ? value.value : null))
        return difference(labels.toObject(), one.labels) ?? difference(found, one.values)
      } catch (thrown) {
        if (!(thrown instanceof QueryParseError) || one.ok) throw thrown
        const { message } = thrown
        if (one.error !== undefined) return difference(message, one.error)
        return message.includes(one.error_contains ?? '') ? undefined : `error ${message}`
      }
    }),
  )
}

const hintNames: ReadonlyMap<string, string> = new Map([['unknown', '']])

/** What is 0 is left out of the data, and `unknown` is 0. */
function withoutZeros(fields: HistogramFields): HistogramFields {
  const hint = fields.CounterResetHint ?? ''
  const written = { ...fields, CounterResetHint: hintNames.get(hint) ?? hint }
  return Object.fromEntries(
    Object.entries(written).filter(([, value]) => value !== 0 && value !== ''),
  )
}

function histogramFields(value: SequenceValue): HistogramFields {
  if (value.kind !== 'histogram') return {}
  const { histogram } = value
  const { positiveBuckets, positiveBucketCount, negativeBuckets, negativeBucketCount } = histogram
  const side = (spans: Int32Array, count: number) =>
    Array.from({ length: count }, (_none, at) => ({
      Length: spans[at * 2 + 1] ?? 0,
      Offset: spans[at * 2] ?? 0,
    }))
  const isPositive = positiveBucketCount > 0
  const isNegative = negativeBucketCount > 0
  return withoutZeros({
    Schema: histogram.schema,
    Count: histogram.count,
    Sum: histogram.sum[0] ?? 0,
    ZeroCount: histogram.zeroCount,
    ZeroThreshold: histogram.zeroThreshold,
    CounterResetHint: ['', 'reset', 'not_reset', 'gauge'][histogram.hint] ?? '',
    ...(isPositive && {
      PositiveSpans: side(histogram.positiveSpans, histogram.positiveSpanCount),
      PositiveBuckets: [...positiveBuckets.subarray(0, positiveBucketCount)],
    }),
    ...(isNegative && {
      NegativeSpans: side(histogram.negativeSpans, histogram.negativeSpanCount),
      NegativeBuckets: [...negativeBuckets.subarray(0, negativeBucketCount)],
    }),
  })
}

/** The printed histogram is the literal given, and reads back as itself. */
function histogramLiterals(directory: string): readonly CaseResult[] {
  const file = caseFile<{ name: string; histogram: HistogramFields; literal: string }>(
    directory,
    'histogram_literals.json',
  )
  return file.cases.map(({ name, histogram, literal }, index) =>
    runCase(caseName('histogram_literals.json', index, name), () => {
      const [value] = parseSeriesNotation(`a ${literal}`).values
      if (value?.kind !== 'histogram') return 'not read as a histogram'
      const fields = histogramFields(value)
      return (
        difference(fields, withoutZeros(histogram)) ??
        difference(printHistogram(value.histogram), literal)
      )
    }),
  )
}

interface PrettierCase {
  readonly input: string
  readonly output: string
  readonly max_line: number
}

function prettified(directory: string): readonly CaseResult[] {
  const options = { ...defaultParseOptions, experimentalFunctions: true, durationExpressions: true }
  return caseFile<PrettierCase>(directory, 'prettier.json').cases.map((one, index) =>
    runCase(caseName('prettier.json', index, one.input), () =>
      difference(
        prettifyExpr(parseExprBytes(bytesOf(one.input), options), one.max_line),
        one.output,
      ),
    ),
  )
}

function parseOptions(flags: Readonly<Record<string, boolean>>): ParseOptions {
  return {
    experimentalFunctions: flags.experimental_functions ?? false,
    durationExpressions: flags.experimental_duration_expr ?? false,
    extendedRangeSelectors: flags.extended_range_selectors ?? false,
    binopFillModifiers: flags.binop_fill_modifiers ?? false,
  }
}
