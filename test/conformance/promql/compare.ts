import { Labels } from '../../../src/model/labels.ts'
import type { EvalCommand, Expectation } from './script.ts'
import type { SequenceValue } from './series-line.ts'

type Point = readonly [seconds: number, value: string]
type Metric = Readonly<Record<string, string>>

export type QueryData =
  | {
      readonly resultType: 'vector'
      readonly result: readonly { readonly metric: Metric; readonly value: Point }[]
    }
  | {
      readonly resultType: 'matrix'
      readonly result: readonly { readonly metric: Metric; readonly values: readonly Point[] }[]
    }
  | { readonly resultType: 'scalar' | 'string'; readonly result: Point }

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
  answer: { readonly warnings?: readonly string[]; readonly infos?: readonly string[] },
): string | undefined {
  const { warnings = [], infos = [] } = answer
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

export function compareResult(command: EvalCommand, data: QueryData): string | undefined {
  switch (data.resultType) {
    case 'string':
      return data.result[1] === command.expectedString ? undefined : `got string ${data.result[1]}`
    case 'scalar': {
      const expected = command.expectedScalar
      if (expected === undefined) return 'got a scalar'
      return near(expected, numberOf(data.result)) ? undefined : `got ${data.result[1]}`
    }
    case 'vector':
      return compareVector(command, data.result)
    case 'matrix':
      return compareMatrix(command, data.result)
  }
}

function compareVector(
  command: EvalCommand,
  result: Extract<QueryData, { resultType: 'vector' }>['result'],
): string | undefined {
  if (command.expectedScalar !== undefined) return 'expected a scalar, got a vector'
  const ordered = command.expectations.some(({ kind }) => kind === 'ordered')
  const expected = command.expectedSeries.map(({ labels, values }) => ({
    key: labels.key(),
    value: values[0] ?? 'none',
  }))
  const seen = new Set<string>()
  for (const [place, { metric, value }] of result.entries()) {
    const key = Labels.of(metric).key()
    const found = expected.findIndex((series) => series.key === key)
    const series = expected[found]
    if (series === undefined) return `unexpected series ${JSON.stringify(metric)} ${value[1]}`
    if (ordered && found !== place) return `series ${key} at ${place}, expected at ${found}`
    const problem = compareValue(series.value, value)
    if (problem !== undefined) return `${key}: ${problem}`
    seen.add(key)
  }
  const missing = expected.find(({ key }) => !seen.has(key))
  return missing && `series ${missing.key} is missing`
}

function compareMatrix(
  command: EvalCommand,
  result: Extract<QueryData, { resultType: 'matrix' }>['result'],
): string | undefined {
  const { startMs, stepMs } = command.expectedRange ?? command
  const expected = new Map(command.expectedSeries.map((line) => [line.labels.key(), line.values]))
  const seen = new Set<string>()
  for (const { metric, values } of result) {
    const key = Labels.of(metric).key()
    const wanted = expected.get(key)
    if (wanted === undefined) return `unexpected series ${JSON.stringify(metric)}`
    const problem = comparePoints(wanted, values, startMs, stepMs)
    if (problem !== undefined) return `${key}: ${problem}`
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
    value === 'none' ? [] : [{ timeMs: startMs + index * stepMs, value }],
  )
  if (expected.length !== points.length) {
    const got = points.map(([seconds, value]) => `${value}@${seconds}`).join(' ')
    return `expected ${expected.length} points, got ${points.length}: ${got}`
  }
  for (const [index, { timeMs, value }] of expected.entries()) {
    const point = points[index]
    if (point === undefined || Math.round(point[0] * 1000) !== timeMs) {
      return `point ${index} at ${point?.[0]}, expected at ${timeMs / 1000}`
    }
    const problem = compareValue(value, point)
    if (problem !== undefined) return `at ${point[0]}: ${problem}`
  }
  return undefined
}

function compareValue(expected: SequenceValue, point: Point): string | undefined {
  if (typeof expected !== 'number') return `expected a ${expected}, got ${point[1]}`
  return near(expected, numberOf(point)) ? undefined : `expected ${expected}, got ${point[1]}`
}

function numberOf(point: Point): number {
  return Number(point[1].replace('Inf', 'Infinity'))
}

/** Upstream's tolerance: a relative 1e-6. */
function near(left: number, right: number): boolean {
  if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return true
  const sum = Math.abs(left) + Math.abs(right)
  const difference = Math.abs(left - right)
  const normal = 2.2250738585072014e-308
  if (left === 0 || right === 0 || sum < normal) return difference < 1e-6 * normal
  return difference / Math.min(sum, Number.MAX_VALUE) < 1e-6
}
