import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Exemplar } from '../../../src/model/exemplar.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { exemplarRefusal } from '../../../src/storage/appender.ts'
import { ExemplarRing, type ExemplarSeries } from '../../../src/tsdb/head/exemplar-ring.ts'
import { allTexts, exemplar } from '../../support/exemplars.ts'

const { outOfOrder, labelsTooLong } = exemplarRefusal
const allTime = { minTimeMs: -1e15, maxTimeMs: 1e15 } as const
const any = [[new Matcher('=~', 's', '.*')]]

function series(name: string, ref = name.charCodeAt(0)): ExemplarSeries {
  return { ref, labels: () => Labels.of({ s: name }) }
}

function ringOf(capacity: number): ExemplarRing {
  const ring = new ExemplarRing()
  ring.resize(capacity)
  return ring
}

async function stored(ring: ExemplarRing, from = -1e15, to = 1e15, sets = any) {
  const range = { minTimeMs: from, maxTimeMs: to } as typeof allTime
  return allTexts(ring.select(sets, range, () => undefined))
}

describe('exemplars in memory', () => {
  it('follow upstream in what is a duplicate, out of order or too long', () => {
    const ring = ringOf(10)
    const a = series('a')
    const offers: readonly (readonly [Exemplar, number])[] = [
      [exemplar(1_000, 2, { t: 'x' }), 0],
      [exemplar(1_000, 2, { t: 'x' }), 0],
      [exemplar(1_000, 1, { t: 'x' }), outOfOrder],
      [exemplar(999, 9, { t: 'y' }), outOfOrder],
      [exemplar(1_000, 3, { t: 'x' }), 0],
      [exemplar(1_001, 3, { t: 'x'.repeat(127) }), 0],
      [exemplar(1_002, 3, { t: 'é'.repeat(127) }), 0],
      [exemplar(1_003, 3, { t: 'x'.repeat(128) }), labelsTooLong],
      // Between equal times and values the hashes of the labels decide: that of none is larger.
      [exemplar(2_000, 1, { trace_id: 'abc', span_id: '1' }), 0],
      [exemplar(2_000, 1), 0],
      [exemplar(2_000, 1, { trace_id: 'abc', span_id: '1' }), outOfOrder],
    ]
    expect(offers.map(([offered]) => ring.add(a, offered))).toEqual(
      offers.map(([, expected]) => expected),
    )
    expect(ring.stats()).toMatchObject({ appended: 6, outOfOrder: 3, stored: 6, series: 1 })
  })

  it('of a source without timestamps are the same again, whatever the time of the scrape', async () => {
    const ring = ringOf(10)
    ring.add(series('a'), exemplar(1_000, 2, { t: 'x' }, false))
    ring.add(series('a'), exemplar(2_000, 2, { t: 'x' }, false))
    expect(await stored(ring)).toEqual({ 's=a': ['1000 2 t=x'] })
    ring.add(series('a'), exemplar(2_000, 2, { t: 'x' }, true))
    expect(await stored(ring)).toEqual({ 's=a': ['1000 2 t=x', '2000 2 t=x'] })
  })

  it('are found by any of several matcher sets, in a range with both its ends', async () => {
    const ring = ringOf(10)
    for (const name of ['c', 'a', 'b']) {
      for (const timeMs of [1_000, 2_000, 3_000]) ring.add(series(name), exemplar(timeMs, 1))
    }
    const sets = [[new Matcher('=', 's', 'c')], [new Matcher('=~', 's', 'a|x')]]
    expect(await stored(ring, 2_000, 3_000, sets)).toEqual({
      's=a': ['2000 1', '3000 1'],
      's=c': ['2000 1', '3000 1'],
    })
    expect(await stored(ring, 3_001)).toEqual({})
  })

  it('outlive a series that leaves the head, and are its again when it comes back', async () => {
    const ring = ringOf(10)
    ring.add(series('a', 1), exemplar(1_000, 1))
    expect(ring.add(series('a', 77), exemplar(500, 1))).toBe(outOfOrder)
    ring.add(series('a', 77), exemplar(2_000, 1))
    expect(await stored(ring)).toEqual({ 's=a': ['1000 1', '2000 1'] })
    expect(ring.stats().series).toBe(1)
  })

  it('are not kept where there is no room at all', async () => {
    const ring = ringOf(0)
    expect(ring.add(series('a'), exemplar(1_000, 1))).toBe(0)
    expect(await stored(ring)).toEqual({})
    expect(ring.stats()).toMatchObject({ appended: 0, stored: 0, capacity: 0, oldestMs: 0 })
  })

  it('within a window stand in the order of time, one of each time', async () => {
    const ring = ringOf(3)
    ring.outOfOrderWindowMs = 5_000
    const offers = [10_000, 6_000, 8_000, 8_000, 5_000, 7_000]
    expect(offers.map((timeMs) => ring.add(series('a'), exemplar(timeMs, timeMs)))).toEqual([
      0,
      0,
      0,
      0,
      outOfOrder,
      0,
    ])
    expect(await stored(ring)).toEqual({ 's=a': ['6000 6000', '7000 7000', '8000 8000'] })
  })

  it('are the newest that came, whatever is added and however the room changes', async () => {
    const offer = fc.record({ name: fc.constantFrom('a', 'b', 'c'), length: fc.nat(120) })
    const step = fc.oneof(
      { weight: 30, arbitrary: offer },
      { weight: 1, arbitrary: fc.record({ capacity: fc.nat(80) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 100, maxLength: 250 }), async (steps) => {
        const ring = ringOf(5)
        let capacity = 5
        let expected: { name: string; text: string }[] = []
        let timeMs = 0
        for (const one of steps) {
          if ('capacity' in one) {
            capacity = one.capacity
            ring.resize(capacity)
          } else {
            const text = String.fromCharCode(65 + (++timeMs % 26)).repeat(one.length)
            ring.add(series(one.name), exemplar(timeMs, timeMs, { t: text }))
            const shown = text === '' ? `${timeMs} ${timeMs}` : `${timeMs} ${timeMs} t=${text}`
            expected.push({ name: one.name, text: shown })
          }
          expected = capacity === 0 ? [] : expected.slice(-capacity)
        }
        const lines: Record<string, string[]> = {}
        for (const { name, text } of expected) {
          lines[`s=${name}`] = [...(lines[`s=${name}`] ?? []), text]
        }
        expect(await stored(ring)).toEqual(lines)
        expect(ring.stats().stored).toBe(expected.length)
        expect(ring.stats().series).toBe(Object.keys(lines).length)
      }),
      { numRuns: 100 },
    )
  })
})
