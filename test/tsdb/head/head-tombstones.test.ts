import { expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import { HeadTombstones } from '../../../src/tsdb/head/head-tombstones.ts'

const seriesCount = 100

it('a reader sees what was deleted by the time it was told of the head, however much is deleted since', () => {
  const random = seededRandom(7)
  const below = (end: number) => Math.floor(random() * end)
  const columns = new SharedColumns()
  const writer = new HeadTombstones(columns)
  writer.reserve(seriesCount)
  const all = (tombstones: HeadTombstones) =>
    Array.from({ length: seriesCount }, (_, series) => [
      ...tombstones.of(series),
      '|',
      ...tombstones.lateOf(series),
    ])
  const readers: { readonly tombstones: HeadTombstones; readonly expected: unknown }[] = []
  // Some segments of them, and none at the beginning.
  for (let count = 0; count <= 10_000; count++) {
    if (count % 1_000 === 0) {
      const memory = new SharedColumns()
      const tombstones = new HeadTombstones(memory)
      memory.adopt(columns.segmentsSince(0))
      tombstones.count = writer.count
      readers.push({ tombstones, expected: all(writer) })
    }
    const minTimeMs = below(1e9)
    const [series, maxTimeMs] = [below(seriesCount), minTimeMs + below(100)]
    const hidesLate = random() < 0.5
    writer.add(series, minTimeMs, maxTimeMs, hidesLate)
    if (!hidesLate) writer.showLate(series, maxTimeMs)
  }
  for (const { tombstones, expected } of readers) expect(all(tombstones)).toEqual(expected)
  expect(new Set(readers.map(({ expected }) => JSON.stringify(expected))).size).toBe(readers.length)
})
