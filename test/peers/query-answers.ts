import {
  type AnsweredSeries,
  type Asked,
  type AskedHistogram,
  type AskedSeries,
  type AskOptions,
  seriesOf,
} from '../promql/ask.ts'

/** A subquery pinned to a time around another that is: `...[4m:] @ end()))[4m:] @ end()`. */
const pinnedTwice = /\[[^\]]*:[^\]]*\] @ (?:start|end)\(\)\)+\[[^\]]*:[^\]]*\] @/

/**
 * Whether answers may differ: the real one evaluates a selector at another time than it is pinned to where two pinned
 * subqueries around it begin at the same time, and what modulo leaves of a power is its last digits.
 */
export function mayDiffer(query: string): boolean {
  return pinnedTwice.test(query) || (query.includes(' ^ ') && query.includes(' % '))
}

/** What differs between two answers, but for the order of series and 1e-9 of a value. */
export function difference(theirs: Asked, ours: Asked): string | undefined {
  if (theirs.type !== ours.type) return `type ${ours.type}, theirs ${theirs.type}`
  const left = byLabels(theirs)
  const right = byLabels(ours)
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const a = left.get(key)
    const b = right.get(key)
    if (a === undefined) return `series ${key} only here: ${JSON.stringify(b).slice(0, 300)}`
    if (b === undefined) return `series ${key} only there: ${JSON.stringify(a).slice(0, 300)}`
    const fault = floatsDiffer(a, b) ?? histogramsDiffer(a.histograms ?? [], b.histograms ?? [])
    if (fault !== undefined) return `${key}: ${fault}`
  }
  return undefined
}

function floatsDiffer(theirs: AskedSeries, ours: AskedSeries): string | undefined {
  if (theirs.values.length !== ours.values.length) {
    return `${ours.values.length} points, theirs ${theirs.values.length}`
  }
  for (const [index, [seconds, value]] of theirs.values.entries()) {
    const [ourSeconds, ourValue] = ours.values[index] ?? [0, '']
    if (seconds !== ourSeconds) return `a point at ${ourSeconds}, theirs at ${seconds}`
    if (!near(value, ourValue)) return `at ${seconds} ${ourValue}, theirs ${value}`
  }
  return undefined
}

function histogramsDiffer(
  theirs: readonly AskedHistogram[],
  ours: readonly AskedHistogram[],
): string | undefined {
  if (theirs.length !== ours.length) {
    return `${ours.length} histograms, theirs ${theirs.length}`
  }
  for (const [index, [seconds, their]] of theirs.entries()) {
    const [ourSeconds, our] = ours[index] ?? [0, undefined]
    if (seconds !== ourSeconds) return `a histogram at ${ourSeconds}, theirs at ${seconds}`
    const isNear = our !== undefined && histogramsAreNear(their, our)
    if (!isNear) return `at ${seconds} ${JSON.stringify(our)}, theirs ${JSON.stringify(their)}`
  }
  return undefined
}

/** A bucket may be what a subtraction left of larger ones: its error is relative to the largest. */
function histogramsAreNear(theirs: AskedHistogram[1], ours: AskedHistogram[1]): boolean {
  const [left, right] = [theirs.buckets ?? [], ours.buckets ?? []]
  const largest = Math.max(0, ...left.map(([, , , count]) => Math.abs(Number(count))))
  return (
    near(theirs.count, ours.count) &&
    near(theirs.sum, ours.sum) &&
    left.length === right.length &&
    left.every(([kind, from, to, count], at) => {
      const [ourKind, ourFrom, ourTo, ourCount] = right[at] ?? []
      const isSame = kind === ourKind && near(from, ourFrom ?? '') && near(to, ourTo ?? '')
      return isSame && Math.abs(Number(count) - Number(ourCount)) <= 1e-9 * largest
    })
  )
}

function byLabels({ series }: Asked) {
  return new Map(series.map((one) => [JSON.stringify(Object.entries(one.metric).sort()), one]))
}

function near(theirs: string, ours: string): boolean {
  if (theirs === ours) return true
  const [a, b] = [Number(theirs), Number(ours)]
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

interface PeerAnswer {
  readonly status: string
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly data: { readonly resultType: string; readonly result: readonly AnsweredSeries[] }
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
  const series = result.map(seriesOf)
  return { type: resultType, series, warnings: answer.warnings ?? [], infos: [] }
}
