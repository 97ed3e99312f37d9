import { expect, it } from 'vitest'
import { Pins } from '../../../src/base/pins.ts'
import { Labels } from '../../../src/model/labels.ts'
import { lineWord } from '../../../src/tsdb/chunk/xor-line.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { plainEncodings } from '../../../src/tsdb/head/head-encodings.ts'
import { endsAtOnce } from '../../../src/tsdb/head/open-chunk-ends.ts'
import { emptySnapshotChunk } from '../../../src/tsdb/head/snapshot-record.ts'

it('the ends of open chunks are read, and nothing of series without one', () => {
  const head = new Head(7_200_000, plainEncodings(), new Pins())
  for (let series = 0; series < endsAtOnce; series++) head.series(Labels.of({ a: `${series}` }))
  const ids = Uint32Array.from({ length: endsAtOnce }, (_, index) => endsAtOnce - 1 - index)
  head.chunks.ends.approach(ids, 0, ids.length)
  expect(head.chunks.ends.seen).toBe(0)

  const ends = ids.map((series) => {
    const samples = series % 5
    for (let sample = 0; sample < samples; sample++) {
      head.append(
        series,
        1.7e12 + sample * 15_000,
        2 ** 30 + sample,
        Math.imul(series + sample, 0x9e3779b1) >>> 0,
      )
    }
    return samples === 0 ? 0 : lastByteOf(head, series)
  })
  for (const [from, to] of [
    [0, ids.length],
    [3, 4],
    [5, 90],
  ] as const) {
    head.chunks.ends.approach(ids, from, to)
    expect(head.chunks.ends.seen).toBe(ends.slice(from, to).reduce((sum, byte) => sum ^ byte, 0))
  }
  expect(new Set(ends).size).toBeGreaterThan(10)
})

/** The byte that the next sample begins in: zero where the latest one filled its own. */
function lastByteOf(head: Head, series: number): number {
  const chunk = emptySnapshotChunk()
  head.chunks.readOpen(series, chunk)
  const { series: lines } = head.memory
  const bits = lines.words(series)[lines.lineAt(series) * 2 + lineWord.bits] ?? 0
  return bits % 8 === 0 ? 0 : (chunk.bytes.at(-1) ?? 0)
}
