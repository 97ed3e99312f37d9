import { isDeepStrictEqual } from 'node:util'
import type { Asked, AskedSeries } from '../promql/ask.ts'

/** An instant query that a real Prometheus answered. */
export interface QueryFact {
  readonly query: string
  /** Seconds. */
  readonly time: number
  readonly result_type: string
  readonly result: readonly FactSeries[]
}

type Point = readonly [seconds: number, value: string]

/** One value, several in the order of time, or a native histogram. */
interface FactSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Point
  readonly values?: readonly Point[]
  readonly histogram?: readonly [seconds: number, histogram: unknown]
}

const toleranceOfValues = 1e-9

/** Undefined where the answer is the fact, in any order of series; else the difference in words. */
export function factDifference(answer: Asked, fact: QueryFact): string | undefined {
  if (answer.type !== fact.result_type) return `a ${answer.type}, wanted a ${fact.result_type}`
  const found = new Map(answer.series.map((one) => [keyOf(one.metric), one]))
  if (found.size !== fact.result.length) {
    return `${found.size} series, wanted ${fact.result.length}`
  }
  for (const wanted of fact.result) {
    const key = keyOf(wanted.metric)
    const one = found.get(key)
    if (one === undefined) return `no series ${key}`
    const detail = seriesDifference(one, wanted)
    if (detail !== undefined) return `${key} ${detail}`
  }
  return undefined
}

function seriesDifference(found: AskedSeries, wanted: FactSeries): string | undefined {
  if (wanted.histogram !== undefined) {
    const [histogram] = found.histograms ?? []
    if (isDeepStrictEqual(histogram, wanted.histogram)) return undefined
    return `is ${JSON.stringify(histogram)}, wanted ${JSON.stringify(wanted.histogram)}`
  }
  const points = wanted.values ?? (wanted.value === undefined ? [] : [wanted.value])
  if (found.values.length !== points.length) {
    return `has ${found.values.length} values, wanted ${points.length}`
  }
  for (const [index, [seconds, value]] of points.entries()) {
    const [foundSeconds, foundValue] = found.values[index] ?? [0, '']
    if (foundSeconds === seconds && isNear(foundValue, value)) continue
    return `is ${foundValue} at ${foundSeconds}, wanted ${value} at ${seconds}`
  }
  return undefined
}

function isNear(found: string, wanted: string): boolean {
  if (found === wanted) return true
  const [a, b] = [Number(found), Number(wanted)]
  return Math.abs(a - b) <= toleranceOfValues * Math.max(Math.abs(a), Math.abs(b))
}

function keyOf(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)))
}
