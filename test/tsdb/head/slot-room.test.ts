import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { Pins } from '../../../src/base/pins.ts'
import { Labels } from '../../../src/model/labels.ts'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import { XorDecoder } from '../../../src/tsdb/chunk/xor-decode.ts'
import { lineWord } from '../../../src/tsdb/chunk/xor-line.ts'
import { appendInOrder, leavingLateOut } from '../../../src/tsdb/head/append-in-order.ts'
import { slotUnitBytes, slotUnits } from '../../../src/tsdb/head/chunk-columns.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadChunkTable } from '../../../src/tsdb/head/head-chunk-table.ts'
import { plainEncodings } from '../../../src/tsdb/head/head-encodings.ts'
import { HeadReplay } from '../../../src/tsdb/head/head-replay.ts'
import { emptySnapshotChunk } from '../../../src/tsdb/head/snapshot-record.ts'
import { labelTexts } from '../../support/label-texts.ts'

const startMs = 1.7e12

function headOf(seriesCount: number): Head {
  const head = new Head(7_200_000, plainEncodings(), new Pins())
  for (let series = 0; series < seriesCount; series++) head.series(Labels.of({ a: `${series}` }))
  return head
}

function append(head: Head, series: number, timestampMs: number, value: number): void {
  const halves = new Uint32Array(Float64Array.of(value).buffer)
  head.append(series, timestampMs, halves[1] ?? 0, halves[0] ?? 0)
}

/** Of all open chunks: their slots' bytes for each byte that is used. */
function roomOf(head: Head): number {
  const chunk = emptySnapshotChunk()
  const { series: lines } = head.memory
  let [bytes, taken] = [0, 0]
  for (let series = 0; series < head.idCount; series++) {
    if (head.chunks.readOpen(series, chunk)) bytes += chunk.bytes.length
    const sizeClass = lines.words(series)[lines.lineAt(series) * 2 + lineWord.slotClass] ?? 0
    taken += (slotUnits[sizeClass] ?? 0) * slotUnitBytes
  }
  return taken / bytes
}

describe('slots of open chunks', () => {
  it('take little more memory than the bits in them, where a quarter of the values change', () => {
    const [seriesCount, samples] = [2_000, 40]
    const head = headOf(seriesCount)
    const random = seededRandom(1)
    const values = Float64Array.from({ length: seriesCount }, () => random() * 1e5)
    for (let sample = 0; sample < samples; sample++) {
      for (let series = 0; series < seriesCount; series++) {
        const value = values[series] ?? 0
        if (random() < 0.25) values[series] = Math.round((value + random() * 10) * 100) / 100
        append(head, series, startMs + sample * 1_000, values[series] ?? 0)
      }
    }
    expect(roomOf(head)).toBeGreaterThan(1)
    expect(roomOf(head)).toBeLessThan(1.3)
  })

  it('are moved seldom while a log is read that goes on, and have no more room than that takes', () => {
    const [seriesCount, batches, samplesPerBatch] = [500, 12, 5]
    const head = new Head()
    const replay = new HeadReplay(head, new HeadChunkTable())
    for (let ref = 1; ref <= seriesCount; ref++) replay.series(ref, labelTexts('a', `${ref}`))
    const random = seededRandom(3)
    const count = seriesCount * samplesPerBatch
    const { series } = head.memory
    const slots = new Uint32Array(seriesCount)
    let moves = 0
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * samplesPerBatch
      const timeOf = (row: number) => startMs + (first + (row % samplesPerBatch)) * 1_000
      replay.samples({
        refs: Float64Array.from(
          { length: count },
          (_, row) => 1 + Math.floor(row / samplesPerBatch),
        ),
        timestampsMs: Float64Array.from({ length: count }, (_, row) => timeOf(row)),
        values: Float64Array.from({ length: count }, () => random()),
        count,
      })
      replay.comesTo((batch + 1) / batches)
      for (let id = 0; id < seriesCount; id++) {
        const slot = series.words(id)[series.lineAt(id) * 2 + lineWord.slot] ?? 0
        if (batch > 0 && slot !== slots[id]) moves++
        slots[id] = slot
      }
    }
    expect(moves / seriesCount).toBeLessThan(3)
    expect(roomOf(head)).toBeLessThan(1.3)
    replay.finish()
    expect(head.chunks.foreseen).toBeUndefined()
  })

  it('are moved once in three runs of samples as they are sent, for a quarter more room', () => {
    const [seriesCount, runs, samplesPerRun] = [200, 11, 10]
    const head = headOf(seriesCount)
    const random = seededRandom(5)
    const count = seriesCount * samplesPerRun
    const slots = new Uint32Array(seriesCount)
    const { series } = head.memory
    let [moves, room] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const ids = Uint32Array.from({ length: count }, (_, row) => Math.floor(row / samplesPerRun))
      const timeOf = (row: number) =>
        startMs + (run * samplesPerRun + (row % samplesPerRun)) * 15_000
      const timestampsMs = Float64Array.from({ length: count }, (_, row) => timeOf(row))
      const values = Float64Array.from({ length: count }, () => Math.round(random() * 1e5))
      appendInOrder(head, { ids, timestampsMs, values, count }, leavingLateOut(head))
      room += roomOf(head) / runs
      for (let id = 0; id < seriesCount; id++) {
        const slot = series.words(id)[series.lineAt(id) * 2 + lineWord.slot] ?? 0
        if (run > 0 && slot !== slots[id]) moves++
        slots[id] = slot
      }
    }
    expect(moves / seriesCount).toBeLessThan(runs / 3)
    expect(room).toBeLessThan(1.5)
  })

  it('have at most twice the room that they would, where the log names their series no more', () => {
    const roomAt = (share: number) => {
      const head = new Head()
      const replay = new HeadReplay(head, new HeadChunkTable())
      replay.series(1, labelTexts('a', 'b'))
      replay.comesTo(share)
      const random = seededRandom(4)
      const count = 40
      replay.samples({
        refs: new Float64Array(count).fill(1),
        timestampsMs: Float64Array.from({ length: count }, (_, row) => startMs + row * 1_000),
        values: Float64Array.from({ length: count }, () => random()),
        count,
      })
      return roomOf(head)
    }
    expect(roomAt(0.01) / roomAt(1)).toBeGreaterThan(1.5)
    expect(roomAt(0.01) / roomAt(1)).toBeLessThan(2.1)
  })

  it('may be the last of their segment and full, and are read where they stand', () => {
    const perSegment = (4 << 20) / ((slotUnits[0] ?? 0) * slotUnitBytes)
    const head = headOf(perSegment)
    for (let series = 0; series < perSegment; series++) append(head, series, startMs, 5)
    const { series, chunks } = head.memory
    expect(chunks.slots.segments).toHaveLength(1)
    const last = perSegment - 1
    const slotOf = () => series.words(last)[series.lineAt(last) * 2 + lineWord.slot] ?? 0
    const slot = slotOf()
    const values = [5]
    for (let sample = 1; sample < 100; sample++) {
      const isNew = sample % 5 === 0 && sample <= 20
      values.push(isNew ? Math.sqrt(sample) : (values.at(-1) ?? 0))
      append(head, last, startMs + sample * 1_000, values[sample] ?? 0)
      if (slotOf() !== slot) break
      // As without the kernel, which reads a copy.
      const timestampsMs = new Float64Array(values.length)
      const read = new Float64Array(values.length)
      const target = { timestampsMs, halves: halvesOf(read) }
      const [view, start] = [chunks.slotView(slot), chunks.slotStart(slot)]
      new XorDecoder().decode(view, start, values.length, -Infinity, Infinity, target, 0)
      expect([...read]).toEqual(values)
      expect([...timestampsMs]).toEqual(values.map((_, at) => startMs + at * 1_000))
    }
    expect(slotOf()).not.toBe(slot)
    expect(values.length).toBeGreaterThan(20)
  })

  it('move once for a run of samples, whose size those before foretell', () => {
    const head = headOf(1)
    const random = seededRandom(2)
    const samples = 40
    const timestampsMs = Float64Array.from({ length: samples }, (_, at) => startMs + at * 1_000)
    const halves = halvesOf(Float64Array.from({ length: samples }, () => random()))
    const { series } = head.memory
    const classOf = () => series.words(0)[series.lineAt(0) * 2 + lineWord.slotClass] ?? 0
    head.append(0, startMs, halves[1] ?? 0, halves[0] ?? 0)
    const first = classOf()
    const end = head.appendRun(0, timestampsMs, halves, 1, samples)
    expect(end).toBeLessThan(samples)
    const moved = classOf()
    expect(moved).toBeGreaterThan(first + 1)
    expect(head.appendRun(0, timestampsMs, halves, end, samples)).toBe(samples)
    expect(classOf()).toBe(moved)
  })
})
