import type { Running } from './contestants.ts'

/** One series of an answer: labels as canonical text, values by timestamp in seconds. */
export type Answer = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface BenchQuery {
  readonly query: string
  /** Absent for an instant query at `endMs`. */
  readonly stepSeconds?: number
  readonly startMs: number
  readonly endMs: number
}

/** Asks by form POST and answers the body unread, so that only the server is timed. */
export async function ask(running: Running, bench: BenchQuery): Promise<string> {
  const range = bench.stepSeconds !== undefined
  const form = new URLSearchParams({ query: bench.query, ...running.contestant.queryParameters })
  if (range) {
    form.set('start', String(bench.startMs / 1000))
    form.set('end', String(bench.endMs / 1000))
    form.set('step', String(bench.stepSeconds))
  } else form.set('time', String(bench.endMs / 1000))
  const response = await fetch(`${running.url}/api/v1/${range ? 'query_range' : 'query'}`, {
    method: 'POST',
    body: form,
  })
  const text = await response.text()
  if (!response.ok)
    throw new Error(`${running.contestant.name}: ${bench.query}: ${text.slice(0, 300)}`)
  return text
}

interface ReplyShape {
  readonly data: { readonly result: readonly SeriesShape[] | readonly [number, string] }
}
interface SeriesShape {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

export function parseAnswer(text: string): Answer {
  const { data }: ReplyShape = JSON.parse(text)
  const series = new Map<string, ReadonlyMap<number, number>>()
  for (const entry of data.result) {
    if (typeof entry !== 'object')
      return new Map([['scalar', new Map([[0, number(String(data.result[1]))]])]])
    const points = entry.values ?? (entry.value === undefined ? [] : [entry.value])
    const labels = JSON.stringify(Object.entries(entry.metric).sort(([a], [b]) => (a < b ? -1 : 1)))
    series.set(labels, new Map(points.map(([seconds, value]) => [seconds, number(value)])))
  }
  return series
}

/** The first difference in words, or undefined when series, times and values (1e-9 relative) agree. */
export function firstDifference(ours: Answer, theirs: Answer): string | undefined {
  if (ours.size !== theirs.size) return `${ours.size} series, ${theirs.size} there`
  for (const [labels, points] of theirs) {
    const mine = ours.get(labels)
    if (mine === undefined) return `no series ${labels}`
    if (mine.size !== points.size) return `${labels}: ${mine.size} points, ${points.size} there`
    for (const [seconds, value] of points) {
      const own = mine.get(seconds)
      if (own === undefined || !near(own, value))
        return `${labels} at ${seconds}: ${own}, ${value} there`
    }
  }
  return undefined
}

function near(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

function number(text: string): number {
  if (text === '+Inf') return Infinity
  if (text === '-Inf') return -Infinity
  return Number(text)
}
