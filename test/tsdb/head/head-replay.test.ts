import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadChunkTable } from '../../../src/tsdb/head/head-chunk-table.ts'
import { HeadReplay } from '../../../src/tsdb/head/head-replay.ts'
import { labelTexts } from '../../support/label-texts.ts'
import { allTime, querierOf } from './head-reading.ts'

function record(...rows: (readonly [ref: number, timestampMs: number, value: number])[]) {
  return {
    refs: Float64Array.from(rows, ([ref]) => ref),
    timestampsMs: Float64Array.from(rows, ([, time]) => time),
    values: Float64Array.from(rows, ([, , value]) => value),
    count: rows.length,
  }
}

async function samplesOf(head: Head, name: string): Promise<readonly (readonly number[])[]> {
  const matchers = [new Matcher('=', '__name__', name)]
  const set = await querierOf(head).select({ matchers, ...allTime, sorted: false })
  const columns = {
    timestampsMs: new Float64Array(64),
    values: new Float64Array(64),
    grow: () => undefined,
  }
  const count = set.readFloats(0, allTime.minTimeMs, allTime.maxTimeMs, columns)
  expect(set.seriesCount).toBe(1)
  return Array.from({ length: count }, (_, index) => [
    columns.timestampsMs[index] ?? 0,
    columns.values[index] ?? 0,
  ])
}

describe('replay into the head', () => {
  it('joins what a log says of one series under several refs', async () => {
    const head = new Head()
    const replay = new HeadReplay(head, new HeadChunkTable())
    replay.series(7, labelTexts('__name__', 'a'))
    replay.samples(record([7, 1_000, 1], [7, 2_000, 2]))
    replay.series(900_000_000_000, labelTexts('__name__', 'a'))
    replay.series(8, labelTexts('__name__', 'b'))
    replay.samples(record([900_000_000_000, 3_000, 3], [8, 1_500, 4], [7, 2_000, 9]))
    expect(await samplesOf(head, 'a')).toEqual([
      [1_000, 1],
      [2_000, 2],
      [3_000, 3],
    ])
    expect(await samplesOf(head, 'b')).toEqual([[1_500, 4]])
    expect([head.seriesCount, replay.samplesAdded]).toEqual([2, 4])
  })

  it('misses no series of samples that blocks have: a checkpoint need not name it', () => {
    const head = new Head()
    head.setValidFrom(2_000)
    const replay = new HeadReplay(head, new HeadChunkTable())
    replay.samples(record([2, 1_000, 5], [2, 1_999, 5], [2, 2_000, 5], [3, 1_000, 5]))
    expect(replay.samplesWithoutSeries).toBe(1)
  })

  it('counts samples whose series is lost, and keeps the others of the record', async () => {
    const head = new Head()
    const replay = new HeadReplay(head, new HeadChunkTable())
    replay.series(1, labelTexts('__name__', 'a'))
    replay.samples(record([1, 1_000, 1], [2, 1_000, 5], [1, 2_000, 2]))
    expect(replay.samplesWithoutSeries).toBe(1)
    expect(await samplesOf(head, 'a')).toEqual([
      [1_000, 1],
      [2_000, 2],
    ])
  })

  it('gives new series refs behind all that the log names, whether they were needed or not', () => {
    const head = new Head()
    const replay = new HeadReplay(head, new HeadChunkTable())
    replay.series(4, labelTexts('__name__', 'a'))
    replay.series(9, labelTexts('__name__', 'a'))
    replay.samples(record([20, 1_000, 1]))
    expect(head.ref(0)).toBe(4)
    const nextRef = (name: string) => head.ref(head.series(Labels.of({ __name__: name })))
    expect(nextRef('b')).toBe(21)
    const row = (ref: number) => ({ refs: Float64Array.of(ref), count: 1 })
    const time = Float64Array.of(1_000)
    replay.tombstones({ ...row(30), minTimesMs: time, maxTimesMs: time })
    expect(nextRef('c')).toBe(31)
    const nothing = new Uint8Array(0)
    replay.metadata({ ...row(40), types: Uint8Array.of(1), units: [nothing], helps: [nothing] })
    expect(nextRef('d')).toBe(41)
    const labels = { labelStart: Uint32Array.of(0), labelEnd: Uint32Array.of(0), bytes: nothing }
    replay.exemplars({ ...row(50), timestampsMs: time, values: time, ...labels })
    expect(nextRef('e')).toBe(51)
  })
})
