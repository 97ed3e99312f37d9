import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { MemoryStorage, type StoredValue } from '../../support/memory-storage.ts'
import { ask } from '../ask.ts'

interface Sample {
  readonly timeMs: number
  readonly value: StoredValue
}

/** Every function of a range vector as a loop over the samples of one window. */
const naive: Readonly<
  Record<string, (window: readonly Point[], at: Window) => number | undefined>
> = {
  count_over_time: (window) => window.length,
  sum_over_time: (window) => window.reduce((sum, { value }) => sum + value, 0),
  avg_over_time: (window) => window.reduce((sum, { value }) => sum + value, 0) / window.length,
  min_over_time: (window) => extreme(window, (a, b) => a < b),
  max_over_time: (window) => extreme(window, (a, b) => a > b),
  last_over_time: (window) => window.at(-1)?.value,
  first_over_time: (window) => window[0]?.value,
  present_over_time: () => 1,
  changes: (window) =>
    pairs(window).filter(
      ([a, b]) => a.value !== b.value && !(Number.isNaN(a.value) && Number.isNaN(b.value)),
    ).length,
  resets: (window) => pairs(window).filter(([a, b]) => b.value < a.value).length,
  ts_of_last_over_time: (window) => (window.at(-1)?.timeMs ?? 0) / 1000,
  ts_of_max_over_time: (window) => lastExtremeMs(window, (a, b) => a > b) / 1000,
  ts_of_min_over_time: (window) => lastExtremeMs(window, (a, b) => a < b) / 1000,
  idelta: (window) => {
    const [before, last] = window.slice(-2)
    return before && last && last.value - before.value
  },
  irate: (window) => {
    const [before, last] = window.slice(-2)
    if (before === undefined || last === undefined) return undefined
    const change = last.value < before.value ? last.value : last.value - before.value
    return change / ((last.timeMs - before.timeMs) / 1000)
  },
  delta: (window, at) => extrapolated(window, at, false),
  increase: (window, at) => extrapolated(window, at, true),
  rate: (window, at) => {
    const increase = extrapolated(window, at, true)
    return increase === undefined ? undefined : increase / (at.rangeMs / 1000)
  },
}

interface Point {
  readonly timeMs: number
  readonly value: number
}

interface Window {
  readonly endMs: number
  readonly rangeMs: number
}

function pairs(window: readonly Point[]): readonly (readonly [Point, Point])[] {
  return window.slice(1).map((point, index) => [window[index] ?? point, point] as const)
}

function extreme(window: readonly Point[], beats: (a: number, b: number) => boolean): number {
  let best = window[0]?.value ?? Number.NaN
  for (const { value } of window) if (beats(value, best) || Number.isNaN(best)) best = value
  return best
}

function lastExtremeMs(window: readonly Point[], beats: (a: number, b: number) => boolean): number {
  const best = extreme(window, beats)
  return window.findLast(({ value }) => Object.is(value, best) || value === best)?.timeMs ?? 0
}

function extrapolated(
  window: readonly Point[],
  { endMs, rangeMs }: Window,
  isCounter: boolean,
): number | undefined {
  const first = window[0]
  const last = window.at(-1)
  if (first === undefined || last === undefined || first === last) return undefined
  let change = last.value - first.value
  if (isCounter) for (const [a, b] of pairs(window)) if (b.value < a.value) change += a.value
  const sampled = (last.timeMs - first.timeMs) / 1000
  const average = sampled / (window.length - 1)
  let toStart = (first.timeMs - (endMs - rangeMs)) / 1000
  let toEnd = (endMs - last.timeMs) / 1000
  if (toStart >= average * 1.1) toStart = average / 2
  if (isCounter && change > 0 && first.value >= 0) {
    toStart = Math.min(toStart, sampled * (first.value / change))
  }
  if (toEnd >= average * 1.1) toEnd = average / 2
  return (change * (sampled + toStart + toEnd)) / sampled
}

const labels = Labels.of({ __name__: 'm_total' })

const samplesArbitrary = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 1, max: 90_000 }),
      value: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 1000 }) },
        { weight: 2, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constant(Number.NaN) },
        { weight: 1, arbitrary: fc.constant('stale' as const) },
      ),
    }),
    { maxLength: 60 },
  )
  .map((gaps): readonly Sample[] => {
    let timeMs = 0
    return gaps.map(({ gapMs, value }) => {
      timeMs += gapMs
      return { timeMs, value }
    })
  })

function loaded(samples: readonly Sample[]): MemoryStorage {
  const storage = new MemoryStorage()
  for (const { timeMs, value } of samples) storage.append(labels, timeMs, value)
  return storage
}

describe('functions of range vectors', () => {
  it.each(Object.keys(naive))('%s equals a loop over each window', async (name) => {
    await fc.assert(
      fc.asyncProperty(
        samplesArbitrary,
        // Of whole steps, too.
        fc.oneof(
          fc.integer({ min: 1, max: 400 }),
          fc.integer({ min: 1, max: 55 }).map((steps) => steps * 30),
        ),
        fc.integer({ min: -50, max: 200 }),
        async (samples, rangeSeconds, offsetSeconds) => {
          const axis = { startMs: 0, endMs: 1_500_000, stepMs: 30_000 }
          const query = `${name}(m_total[${rangeSeconds}s] offset ${offsetSeconds}s)`
          const answer = await ask(loaded(samples), query, axis)
          const got = new Map(answer.series[0]?.values.map(([at, value]) => [at, value]))
          const rangeMs = rangeSeconds * 1000
          for (let timeMs = axis.startMs; timeMs <= axis.endMs; timeMs += axis.stepMs) {
            const endMs = timeMs - offsetSeconds * 1000
            const window = windowOf(samples, endMs - rangeMs, endMs)
            const expected = window.length && naive[name]?.(window, { endMs, rangeMs })
            const value = got.get(timeMs / 1000)
            if (expected === undefined || window.length === 0) expect(value).toBeUndefined()
            else expectNear(value, expected)
          }
        },
      ),
      { seed: 20_251, numRuns: 60 },
    )
  })
})

function windowOf(samples: readonly Sample[], afterMs: number, untilMs: number): readonly Point[] {
  return samples.flatMap(({ timeMs, value }) =>
    value !== 'stale' && timeMs > afterMs && timeMs <= untilMs ? [{ timeMs, value }] : [],
  )
}

function expectNear(text: string | undefined, expected: number): void {
  const value = Number(text?.replace('Inf', 'Infinity'))
  if (Number.isNaN(expected)) expect(text).toBe('NaN')
  else expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected))
}
