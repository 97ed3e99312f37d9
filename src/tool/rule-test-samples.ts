import type { ExpectedSample, ExprTest } from '../config/rule-test-file.ts'
import { printDurationMs } from '../model/duration.ts'
import { floatText, goE } from '../model/float-text.ts'
import { goQuote } from '../model/go-quote.ts'
import { histogramNotation } from '../model/histogram-notation.ts'
import type { Labels } from '../model/labels.ts'
import { labelsText } from '../model/labels-text.ts'
import { QueryParseError } from '../promql/parse/parse-error.ts'
import { parseMetric, parseSeriesNotation } from '../promql/parse/series-notation.ts'
import { RuleError, type RuleSample } from '../rules/rule-sample.ts'

interface TestedSample {
  readonly labels: Labels
  readonly value: number
  /** In the notation of series; '' for a float. */
  readonly histogram: string
}

/**
 * Row R6.4: what is wrong with what a query answers; undefined where it is the expected. `ask`
 * rejects with RuleError.
 */
export async function exprFault(
  test: ExprTest,
  isFuzzy: boolean,
  ask: (query: string) => Promise<readonly RuleSample[]>,
): Promise<string | undefined> {
  const head = `    expr: ${goQuote(test.expr)}, time: ${printDurationMs(test.evalTimeMs)},`
  try {
    const found = sorted(
      (await ask(test.expr)).map(({ labels, value, histogram }) => ({
        labels,
        value,
        histogram: histogram === undefined ? '' : histogramNotation(histogram),
      })),
    )
    const expected = sorted(test.samples.map(expectedSample))
    const areSame =
      expected.length === found.length &&
      expected.every((sample, index) => isSame(sample, found[index], isFuzzy))
    if (areSame) return undefined
    return `${head}\n        exp: ${samplesText(expected)}\n        got: ${samplesText(found)}`
  } catch (thrown) {
    if (!(thrown instanceof RuleError)) throw thrown
    return `${head} err: ${thrown.message}`
  }
}

function expectedSample({ labels, value, histogram }: ExpectedSample): TestedSample {
  try {
    return { labels: parseMetric(labels), value, histogram: expectedHistogram(histogram) }
  } catch (thrown) {
    if (!(thrown instanceof QueryParseError || thrown instanceof RuleError)) throw thrown
    throw new RuleError(`labels ${goQuote(labels)}: ${thrown.message}`)
  }
}

/** The histogram in its canonical form. */
function expectedHistogram(text: string): string {
  if (text === '') return ''
  const { values } = parseSeriesNotation(`{} ${text}`)
  const [value] = values
  if (values.length !== 1) throw new RuleError(`expected 1 value, got ${values.length}`)
  if (value?.kind !== 'histogram') throw new RuleError(`expected histogram, got ${text}`)
  return histogramNotation(value.histogram)
}

function sorted(samples: readonly TestedSample[]): readonly TestedSample[] {
  return [...samples].sort((a, b) => a.labels.compare(b.labels))
}

/** As upstream: NaN is the same as nothing. */
function isSame(
  { labels, value, histogram }: TestedSample,
  other: TestedSample | undefined,
  isFuzzy: boolean,
): boolean {
  if (other === undefined || !labels.equals(other.labels)) return false
  if (histogram !== other.histogram) return false
  return value === other.value || (isFuzzy && areNeighbours(value, other.value))
}

/** Whether no double lies between the two. */
function areNeighbours(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false
  const middle = a + (b - a) / 2
  return middle === a || middle === b
}

function samplesText(samples: readonly TestedSample[]): string {
  if (samples.length === 0) return 'nil'
  return samples
    .map(({ labels, value, histogram }) => `${labelsText(labels)} ${histogram || valueText(value)}`)
    .join(', ')
}

function valueText(value: number): string {
  return Number.isFinite(value) ? goE(value).toUpperCase() : floatText(value)
}
