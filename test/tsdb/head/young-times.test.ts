import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadMemory } from '../../../src/tsdb/head/head-memory.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { keepTimesYoung } from '../../../src/tsdb/head/young-times.ts'
import { LabelClock, never } from '../../../src/tsdb/index/label-clock.ts'
import { allTime, appendTo, querierOf } from './head-reading.ts'
import { truncate } from './remove-series.ts'

function headWith(labelTime: number, firstBirth: number): Head {
  const memory = new HeadMemory(new LabelClock(labelTime), firstBirth)
  return new Head(undefined, undefined, undefined, memory)
}

function labels(value: string): Labels {
  return Labels.of({ __name__: 'm', n: value })
}

async function seenBy(querier: ReturnType<typeof querierOf>): Promise<readonly string[]> {
  const { ids } = await querier.labelValues('n', [], allTime, 0)
  return [...ids].map((id) => querier.symbols.text(id))
}

describe('times by which readers tell new labels and series from old', () => {
  it.each([
    ['labels', never - 4, 0],
    ['series', 0, 2 ** 32 - 3],
    ['both', never - 4, 2 ** 32 - 3],
  ])('begin anew before 32 bits of %s end', async (_what, labelTime, firstBirth) => {
    const head = headWith(labelTime, firstBirth)
    const reader = new HeadReader()
    for (let round = 0; round < 8; round++) {
      const nowMs = 1_000 + round * 1_000
      const before = querierOf(head)
      appendTo(head, labels('stays'), nowMs + 1, 1)
      appendTo(head, labels(`goes ${round}`), nowMs, 1)
      expect(await seenBy(before)).toEqual(round === 0 ? [] : ['stays'])
      expect(await seenBy(querierOf(head, reader))).toEqual([`goes ${round}`, 'stays'])
      await truncate(head, nowMs + 1)
      keepTimesYoung(head)
      expect(await seenBy(querierOf(head, reader))).toEqual(['stays'])
    }
    expect(head.stats().seriesCreated).toBe(9)
    const { labels: seen, births } = head.update(0).published
    expect([seen.clock < 100, births < 100]).toEqual([true, true])
  })

  it('wait until nobody reads, however long others read', async () => {
    const head = headWith(2 ** 31, 0)
    appendTo(head, labels('a'), 1_000, 1)
    const first = head.pins.pin()
    const early = querierOf(head)
    keepTimesYoung(head)
    keepTimesYoung(head)
    const second = head.pins.pin()
    appendTo(head, labels('b'), 1_000, 1)
    const late = querierOf(head)
    first()
    appendTo(head, labels('c'), 1_000, 1)
    expect(head.memory.isLate).toBe(true)
    expect(await seenBy(early)).toEqual(['a'])
    expect(await seenBy(late)).toEqual(['a', 'b'])
    const { epoch } = head.update(0).published.labels
    second()
    expect(head.memory.isLate).toBe(false)
    expect(await seenBy(querierOf(head))).toEqual(['a', 'b', 'c'])
    expect(head.update(0).published.labels.epoch).toBe(epoch + 1)
  })

  it('leave series that the log has not had yet known as such', () => {
    const head = headWith(2 ** 31, 0)
    appendTo(head, labels('logged'), 1_000, 1)
    head.unlogged.length = 0
    appendTo(head, labels('unlogged'), 1_000, 1)
    keepTimesYoung(head)
    const ids = ['logged', 'unlogged'].map((value) => head.series(labels(value)))
    expect(ids.map((id) => head.isUnlogged(id))).toEqual([false, true])
  })

  it('are left as they are while they are young', () => {
    const head = headWith(2 ** 31 - 1, 2 ** 31 - 1)
    keepTimesYoung(head)
    expect(head.update(0).published.labels.epoch).toBe(0)
  })
})
