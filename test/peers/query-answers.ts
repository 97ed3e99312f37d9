import type { Asked, AskOptions } from '../promql/ask.ts'

/** What differs between two answers, but for the order of series and 1e-9 of a value. */
export function difference(theirs: Asked, ours: Asked): string | undefined {
  if (theirs.type !== ours.type) return `type ${ours.type}, theirs ${theirs.type}`
  const left = byLabels(theirs)
  const right = byLabels(ours)
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const a = left.get(key)
    const b = right.get(key)
    if (a === undefined) return `series ${key} only here: ${JSON.stringify(b?.slice(0, 3))}`
    if (b === undefined) return `series ${key} only there: ${JSON.stringify(a.slice(0, 3))}`
    if (a.length !== b.length) return `${key}: ${b.length} points, theirs ${a.length}`
    for (const [index, [seconds, value]] of a.entries()) {
      const [ourSeconds, ourValue] = b[index] ?? [0, '']
      if (seconds !== ourSeconds) return `${key}: a point at ${ourSeconds}, theirs at ${seconds}`
      if (!near(value, ourValue)) return `${key} at ${seconds}: ${ourValue}, theirs ${value}`
    }
  }
  return undefined
}

function byLabels({ series }: Asked) {
  return new Map(
    series.map(({ metric, values }) => [JSON.stringify(Object.entries(metric).sort()), values]),
  )
}

function near(theirs: string, ours: string): boolean {
  if (theirs === ours) return true
  const [a, b] = [Number(theirs), Number(ours)]
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

interface PeerAnswer {
  readonly status: string
  readonly error?: string
  readonly data: { readonly resultType: string; readonly result: readonly PeerSeries[] }
}

type Point = readonly [seconds: number, value: string]

interface PeerSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Point
  readonly values?: readonly Point[]
}

/** Asks a server by HTTP: a range query where there is an end. */
export async function askServer(
  url: string,
  query: string,
  at: AskOptions,
): Promise<Asked | { readonly error: string }> {
  const times =
    at.endMs === undefined
      ? { time: String(at.startMs / 1000) }
      : {
          start: String(at.startMs / 1000),
          end: String(at.endMs / 1000),
          step: String((at.stepMs ?? 0) / 1000),
        }
  const path = at.endMs === undefined ? 'query' : 'query_range'
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...times }),
  })
  const answer = (await response.json()) as PeerAnswer
  if (answer.status !== 'success') return { error: answer.error ?? '' }
  const { resultType, result } = answer.data
  const series = result.map((one) => ({
    metric: one.metric,
    values: one.values ?? (one.value === undefined ? [] : [one.value]),
  }))
  return { type: resultType, series, warnings: [], infos: [] }
}
