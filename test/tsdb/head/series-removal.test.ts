import { describe, expect, it } from 'vitest'
import { collectGarbage } from '../../../src/base/collect-garbage.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { SeriesRemoval } from '../../../src/tsdb/head/series-removal.ts'
import { HeadTruncation } from '../../../src/tsdb/head/truncation.ts'
import { allTime } from '../../support/local-querier.ts'
import { appendTo, querierOf, selectTexts } from './head-reading.ts'
import { removeSeries } from './remove-series.ts'

const always = new Matcher('=', '__name__', 'm')

function labels(n: number): Labels {
  return Labels.of({ __name__: 'm', n: String(n), parity: String(n % 2) })
}

describe('series without samples', () => {
  it('are gone after a truncation: from selects, label lists and the lookup; their ids are used again', async () => {
    const head = new Head()
    for (let n = 0; n < 100; n++) appendTo(head, labels(n), n < 60 ? 1_000 : 5_000, n)
    const epoch = head.epoch
    expect(await removeSeries(head, 2_000)).toBe(60)
    expect(head.epoch).toBeGreaterThan(epoch)
    expect(head.seriesCount).toBe(40)
    const querier = querierOf(head)
    expect(await selectTexts(querier, [always], true)).toHaveLength(40)
    const { ids } = await querier.labelValues('n', [], allTime, 0)
    expect(ids).toHaveLength(40)
    expect([...ids].map((id) => querier.symbols.text(id))).not.toContain('7')
    for (let n = 200; n < 250; n++) appendTo(head, labels(n), 6_000, n)
    expect(head.idCount).toBe(100)
    appendTo(head, labels(7), 6_000, 7)
    const again = querierOf(head)
    const all = await selectTexts(again, [always], false)
    // In the order in which they were made, whatever their ids.
    const made = [...Array(40).keys()].map((n) => n + 60)
    for (let n = 200; n < 250; n++) made.push(n)
    expect(all.map((text) => Number(text.split(' ')[3]))).toEqual([...made, 7])
    const odd = await selectTexts(again, [always, new Matcher('=', 'parity', '1')], true)
    expect(odd).toHaveLength(20 + 25 + 1)
    expect(odd).toContain('__name__ m n 7 parity 1')
    expect((await again.labelValues('n', [], allTime, 0)).ids).toHaveLength(91)
  })

  it('keep their ids while a query may read them', async () => {
    const head = new Head()
    for (let n = 0; n < 10; n++) appendTo(head, labels(n), 1_000, n)
    appendTo(head, labels(10), 5_000, 10)
    const reader = new HeadReader()
    const unpin = head.pins.pin()
    const before = querierOf(head, reader)
    const running = removeSeries(head, 2_000)
    await running
    for (let n = 20; n < 25; n++) appendTo(head, labels(n), 6_000, n)
    expect(head.idCount).toBe(16)
    // A query that began before sees none of the new series, and names none wrongly.
    const seen = await selectTexts(before, [always], true)
    expect(seen).toEqual(['__name__ m n 10 parity 0'])
    unpin()
    for (let n = 30; n < 40; n++) appendTo(head, labels(n), 7_000, n)
    expect(head.idCount).toBe(16)
    expect(await selectTexts(querierOf(head), [always], true)).toHaveLength(16)
  })

  it('leave ids to those that come together in their order, the smallest first', async () => {
    const head = new Head()
    for (let n = 0; n < 1_000; n++) appendTo(head, labels(n), n % 2 === 0 ? 1_000 : 5_000, n)
    await removeSeries(head, 2_000)
    const ids = Array.from({ length: 500 }, (_, n) => head.series(labels(2_000 + n)))
    expect(ids).toEqual(Array.from({ length: 500 }, (_, n) => n * 2))
  })

  it('are counted outside the heap while they go', async () => {
    const head = new Head()
    const series = 200_000
    for (let n = 0; n < series; n++) appendTo(head, labels(n), 1_000, n)
    appendTo(head, labels(series), 5_000, 1)
    head.unlogged.length = 0
    head.setValidFrom(2_000)
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    let most = 0
    let turns = 0
    const turn = (): undefined => {
      if (turns++ % 100 > 0) return
      collectGarbage()
      most = Math.max(most, process.memoryUsage().heapUsed)
    }
    const truncation = new HeadTruncation(head)
    await truncation.run(turn)
    const removal = new SeriesRemoval(head)
    await removal.run(truncation.emptied, turn)
    turns = 0
    turn()
    expect(removal.removedRefs).toHaveLength(series)
    expect(most - before).toBeLessThan(series * 5)
  })

  it('stay when the log does not know them yet, or a sample came meanwhile', async () => {
    const head = new Head()
    appendTo(head, labels(1), 1_000, 1)
    appendTo(head, labels(2), 1_000, 2)
    head.unlogged.length = 0
    const fresh = head.series(labels(3))
    head.setValidFrom(2_000)
    const truncation = new HeadTruncation(head)
    await truncation.run(() => undefined)
    appendTo(head, labels(2), 3_000, 2)
    truncation.emptied.push(fresh)
    await new SeriesRemoval(head).run(truncation.emptied, () => undefined)
    expect(head.seriesCount).toBe(2)
    expect(head.isAlive(fresh)).toBe(true)
    expect(await selectTexts(querierOf(head), [always], true)).toEqual(['__name__ m n 2 parity 0'])
  })
})
