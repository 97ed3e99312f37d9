import { Labels } from '../../../src/model/labels.ts'
import { labelsText } from '../../../src/model/labels-text.ts'
import { printHistogram } from '../../../src/promql/parse/print-histogram.ts'
import type { SequenceValue } from '../../../src/promql/parse/series-notation.ts'
import { histogramsAgree, nearlyEqual } from './agreement.ts'
import type { Point, Result, ResultSeries } from './evaluate.ts'
import type { EvalCommand, Expectation } from './script.ts'

/** What is wrong with an error that was or was not expected; undefined = nothing. */
export function checkFailure(
  expected: readonly Expectation[],
  message: string,
): string | undefined {
  if (expected.length === 0) return `error: ${message}`
  const wrong = expected.find((expectation) => !fits(expectation, message))
  return wrong && `expected error ${wrong.text}, got: ${message}`
}

export function checkAnnotations(
  command: EvalCommand,
  { warnings, infos }: { readonly warnings: readonly string[]; readonly infos: readonly string[] },
): string | undefined {
  return (
    checkLevel(command, 'warn', 'no_warn', warnings) ??
    checkLevel(command, 'info', 'no_info', infos)
  )
}

function checkLevel(
  command: EvalCommand,
  kind: 'warn' | 'info',
  none: 'no_warn' | 'no_info',
  texts: readonly string[],
): string | undefined {
  const expected = command.expectations.filter((expectation) => expectation.kind === kind)
  const refuses = command.expectations.some((expectation) => expectation.kind === none)
  if (refuses && texts.length > 0) return `unexpected ${kind}: ${texts.join('; ')}`
  if (expected.length === 0) return undefined
  if (texts.length === 0) return `expected ${kind}: ${expected.map(({ text }) => text).join('; ')}`
  const missing = expected.find((expectation) => !texts.some((text) => fits(expectation, text)))
  if (missing !== undefined) return `expected ${kind} ${missing.text}, got: ${texts.join('; ')}`
  const extra = texts.find((text) => !expected.some((expectation) => fits(expectation, text)))
  return extra && `unexpected ${kind}: ${extra}`
}

function fits(expectation: Expectation, text: string): boolean {
  switch (expectation.match) {
    case 'any':
      return true
    case 'message':
      return expectation.text === text
    case 'pattern':
      return new RegExp(expectation.text).test(text)
  }
}

/** Undefined where the result is what the script expects, else the difference in words. */
export function compareResult(command: EvalCommand, result: Result): string | undefined {
  const { expectedScalar } = command
  switch (result.type) {
    case 'string':
      return result.value === command.expectedString ? undefined : `got string ${result.value}`
    case 'scalar':
      if (expectedScalar === undefined) return 'got a scalar'
      return nearlyEqual(expectedScalar, result.value) ? undefined : `got ${result.value}`
    case 'vector':
      if (expectedScalar !== undefined) return 'expected a scalar, got a vector'
      return compareVector(command, result.series)
    case 'matrix':
      if (expectedScalar !== undefined) return 'expected a scalar, got a matrix'
      return faultOfOrder(result.series) ?? compareMatrix(command, result.series)
  }
}

function compareVector(command: EvalCommand, result: readonly ResultSeries[]): string | undefined {
  const ordered = command.expectations.some(({ kind }) => kind === 'ordered')
  const expected = command.expectedSeries.map(({ labels, values }) => ({
    key: labels.key(),
    value: values[0],
  }))
  const seen = new Set<string>()
  for (const [place, { labels, points }] of result.entries()) {
    const key = labels.key()
    const found = expected.findIndex((series) => series.key === key)
    const series = expected[found]
    const [point] = points
    if (point === undefined) return `${labelsText(labels)} without a value`
    if (series === undefined) return `unexpected ${labelsText(labels)} ${valueText(point.value)}`
    if (ordered && found !== place) return `series ${key} at ${place}, expected at ${found}`
    const problem = compareValue(series.value, point.value)
    if (problem !== undefined) return `${labelsText(labels)}: ${problem}`
    seen.add(key)
  }
  const missing = expected.find(({ key }) => !seen.has(key))
  return missing && `series ${missing.key} is missing`
}

/** Series of a matrix come sorted by labels. */
export function faultOfOrder(series: readonly ResultSeries[]): string | undefined {
  const at = series.findIndex(({ labels }, index) => {
    const before = series[index - 1]?.labels ?? Labels.empty
    return before.compare(labels) > 0
  })
  return at < 0 ? undefined : `series ${at} is not in the order of labels`
}

function compareMatrix(command: EvalCommand, result: readonly ResultSeries[]): string | undefined {
  const { startMs, stepMs } = command.expectedRange ?? command
  const expected = new Map(command.expectedSeries.map((line) => [line.labels.key(), line.values]))
  const seen = new Set<string>()
  for (const { labels, points } of result) {
    const key = labels.key()
    const wanted = expected.get(key)
    if (wanted === undefined) return `unexpected series ${labelsText(labels)}`
    const problem = comparePoints(wanted, points, startMs, stepMs)
    if (problem !== undefined) return `${labelsText(labels)}: ${problem}`
    seen.add(key)
  }
  const missing = [...expected.keys()].find((key) => !seen.has(key))
  return missing && `series ${missing} is missing`
}

function comparePoints(
  wanted: readonly SequenceValue[],
  points: readonly Point[],
  startMs: number,
  stepMs: number,
): string | undefined {
  const expected = wanted.flatMap((value, index) =>
    value.kind === 'omitted' ? [] : [{ timeMs: startMs + index * stepMs, value }],
  )
  if (expected.length !== points.length) {
    const got = points.map(({ timeMs, value }) => `${valueText(value)}@${timeMs}`).join(' ')
    return `expected ${expected.length} points, got ${points.length}: ${got}`
  }
  for (const [index, { timeMs, value }] of expected.entries()) {
    const point = points[index]
    if (point?.timeMs !== timeMs) return `point ${index} at ${point?.timeMs}, expected at ${timeMs}`
    const problem = compareValue(value, point.value)
    if (problem !== undefined) return `at ${timeMs}: ${problem}`
  }
  return undefined
}

function compareValue(
  expected: SequenceValue | undefined,
  value: Point['value'],
): string | undefined {
  if (expected?.kind === 'float' && typeof value === 'number') {
    if (nearlyEqual(expected.value, value)) return undefined
    return `expected ${expected.value}, got ${value}`
  }
  if (expected?.kind === 'histogram' && typeof value !== 'number') {
    if (histogramsAgree(expected.histogram, value, expected.isHintWritten)) return undefined
    return `expected ${printHistogram(expected.histogram)}, got ${printHistogram(value)}`
  }
  return `expected a ${expected?.kind}, got ${valueText(value)}`
}

function valueText(value: Point['value']): string {
  return typeof value === 'number' ? String(value) : printHistogram(value)
}
