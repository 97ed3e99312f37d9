import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { halvesOf, staleNanHigh, staleNanLow, writeStaleAt } from '../../../src/model/stale-nan.ts'
import { appendInOrder, leavingLateOut } from '../../../src/tsdb/head/append-in-order.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { SeriesRemoval } from '../../../src/tsdb/head/series-removal.ts'
import { HeadTruncation } from '../../../src/tsdb/head/truncation.ts'
import { Columns } from '../block/block-answers.ts'
import { evenHistogram } from './even-histogram.ts'
import { allTime, querierOf } from './head-reading.ts'

const seriesCount = 300

async function truncate(head: Head, fromMs: number): Promise<void> {
  head.unlogged.length = 0
  head.setValidFrom(fromMs)
  const truncation = new HeadTruncation(head)
  await truncation.run(() => undefined)
  await new SeriesRemoval(head).run(truncation.emptied, () => undefined)
}

describe('series of histograms that leave the head', () => {
  it('give back their memory: rounds of new series take no more than the first ones did', async () => {
    const head = new Head()
    let sharedBytes = 0
    let stateBytes = 0
    for (let round = 0; round < 12; round++) {
      for (let n = 0; n < seriesCount; n++) {
        const id = head.series(Labels.of({ __name__: 'h', n: String(n) }))
        for (let step = 0; step < 40; step++) {
          // Recoded as it gets buckets, cut as it is full.
          const histogram = evenHistogram(4 + Math.floor(step / 8) * 5, step * (n + 1))
          head.appendHistogram(id, round * 100_000 + step, histogram)
        }
      }
      expect(head.seriesCount).toBe(seriesCount)
      await truncate(head, (round + 1) * 100_000)
      expect(head.seriesCount).toBe(0)
      if (round === 1) {
        sharedBytes = head.stats().sharedBytes
        stateBytes = head.chunks.histograms.states.bytes
      }
    }
    expect(head.chunks.histograms.states.bytes).toBe(stateBytes)
    // The arena of closed chunks is for heads without files, and only grows.
    expect(head.stats().sharedBytes - sharedBytes).toBeLessThanOrEqual(2 ** 24)
  })

  it('leave ids that series of floats may have: nothing of a histogram is left behind', async () => {
    const head = new Head()
    const old = head.series(Labels.of({ __name__: 'h' }))
    head.appendHistogram(old, 1_000, evenHistogram(5, 1))
    await truncate(head, 2_000)
    const id = head.series(Labels.of({ __name__: 'f' }))
    expect(id).toBe(old)
    const values = Float64Array.of(0, 2.5)
    writeStaleAt(halvesOf(values), 0)
    const ids = Uint32Array.of(id, id)
    const samples = { ids, timestampsMs: Float64Array.of(3_000, 4_000), values, count: 2 }
    const added = appendInOrder(head, samples, leavingLateOut(head))
    expect(added).toBe(2)
    const matchers = [new Matcher('=', '__name__', 'f')]
    const set = await querierOf(head).select({ matchers, ...allTime, sorted: false })
    const columns = new Columns()
    expect(set.readFloats(0, allTime.minTimeMs, allTime.maxTimeMs, columns)).toBe(2)
    const halves = halvesOf(columns.values)
    expect([...halves.subarray(0, 2)]).toEqual([staleNanLow, staleNanHigh])
    expect(set.readHistograms(0, allTime.minTimeMs, allTime.maxTimeMs).next()).toBe(false)
    expect([...set.chunks.encoding]).toEqual([1])
  })
})
