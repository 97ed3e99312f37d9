import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GrowingColumns } from '../../../src/model/growing-columns.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import type { ChunkSeriesSet } from '../../../src/storage/querier.ts'
import { encoding } from '../../../src/tsdb/chunk/encoding.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { evenHistogram } from './even-histogram.ts'
import { querierOf } from './head-reading.ts'

const labels = Labels.of({ __name__: 'm' })
const stepMs = 15_000

type Kind = 'float' | 'stale' | 'histogram'

const kinds = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant<Kind>('float') },
    { weight: 3, arbitrary: fc.constant<Kind>('stale') },
    { weight: 1, arbitrary: fc.constant<Kind>('histogram') },
  ),
  { minLength: 1, maxLength: 300 },
)

/** Sample `index` of the series is at this time: also before 1970. */
function timeAt(firstMs: number, index: number): number {
  return firstMs + index * stepMs
}

function headOf(all: readonly Kind[], firstMs: number, floats: 'xor' | 'xor2'): Head {
  const encodings = { floats: encoding[floats], histogramStarts: false, storesStarts: false }
  const head = new Head(undefined, encodings)
  const id = head.series(labels)
  all.forEach((kind, index) => {
    const timestampMs = timeAt(firstMs, index)
    if (kind === 'histogram') {
      head.appendHistogram(id, timestampMs, evenHistogram(4, index + 1))
      return
    }
    const halves = new Uint32Array(Float64Array.of(index * 0.3).buffer)
    if (kind === 'stale') writeStaleAt(halves, 0)
    head.append(id, timestampMs, halves[1] ?? 0, halves[0] ?? 0)
  })
  return head
}

async function selected(head: Head, untilMs: number): Promise<ChunkSeriesSet> {
  const matchers = [new Matcher('=', '__name__', 'm')]
  const range = { minTimeMs: Number.MIN_SAFE_INTEGER, maxTimeMs: untilMs }
  return await querierOf(head).select({ matchers, ...range, sorted: false })
}

/** Time and bits of the newest sample, as it was taken without decoding; undefined where it was not. */
function taken(
  set: ChunkSeriesSet,
  fromMs: number,
  untilMs: number,
): readonly number[] | undefined {
  const into = new GrowingColumns(0)
  if (set.takeNewest?.(0, fromMs, untilMs, into) !== true) return undefined
  return [into.timestampsMs[0] ?? 0, ...halvesOf(into.values).subarray(0, 2)]
}

function decoded(set: ChunkSeriesSet, fromMs: number, untilMs: number): readonly number[] {
  const into = new GrowingColumns(0)
  const last = set.readFloats(0, fromMs, untilMs, into) - 1
  const halves = halvesOf(into.values)
  return [into.timestampsMs[last] ?? 0, ...halves.subarray(last * 2, last * 2 + 2)]
}

describe('the newest sample of a series', () => {
  it('is known without decoding where it is a float, stale markers too, as decoding would tell', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        fc.constantFrom(1_700_000_000_000, -60_000, 2 ** 33 - 60_000),
        fc.constantFrom<'xor' | 'xor2'>('xor', 'xor2'),
        async (all, firstMs, floats) => {
          const newestMs = timeAt(firstMs, all.length - 1)
          const set = await selected(headOf(all, firstMs, floats), newestMs)
          const found = taken(set, newestMs, newestMs)
          expect(found !== undefined).toBe(all.at(-1) !== 'histogram')
          if (found !== undefined) expect(found).toEqual(decoded(set, newestMs, newestMs))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is left to reading where the range ends before it or begins behind it, or something is deleted', async () => {
    const head = headOf(['float', 'float'], 1_000, 'xor')
    const newestMs = timeAt(1_000, 1)
    const set = await selected(head, newestMs)
    expect(taken(set, 0, newestMs)).toBeDefined()
    expect(taken(set, 0, newestMs - 1)).toBeUndefined()
    expect(taken(set, newestMs + 1, newestMs + 2)).toBeUndefined()
    const ofBlocks = headOf(['float', 'float'], 1_000, 'xor')
    ofBlocks.setValidFrom(newestMs)
    expect(taken(await selected(ofBlocks, newestMs), 0, newestMs)).toBeDefined()
    head.memory.tombstones.add(0, newestMs, newestMs)
    expect(taken(await selected(head, newestMs), 0, newestMs)).toBeUndefined()
  })
})
