import type { Asked } from '../promql/ask.ts'

/** An instant query that a real Prometheus answered. */
export interface QueryFact {
  readonly query: string
  /** Seconds. */
  readonly time: number
  readonly result_type: string
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>
    readonly value: readonly [seconds: number, value: string]
  }[]
}

const toleranceOfValues = 1e-9

/** Undefined where the answer is the fact, in any order of series; else the difference in words. */
export function factDifference(answer: Asked, fact: QueryFact): string | undefined {
  if (answer.type !== fact.result_type) return `a ${answer.type}, wanted a ${fact.result_type}`
  const found = new Map(answer.series.map((one) => [keyOf(one.metric), one.values]))
  if (found.size !== fact.result.length) {
    return `${found.size} series, wanted ${fact.result.length}`
  }
  for (const { metric, value } of fact.result) {
    const [point] = found.get(keyOf(metric)) ?? []
    if (point === undefined) return `no series ${keyOf(metric)}`
    if (point[0] !== value[0] || !isNear(point[1], value[1])) {
      return `${keyOf(metric)} is ${point[1]} at ${point[0]}, wanted ${value[1]} at ${value[0]}`
    }
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
