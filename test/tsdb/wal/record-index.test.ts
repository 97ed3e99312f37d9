import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { CoveredRows } from '../../../src/tsdb/wal/covered-spans.ts'
import { PassedRecords } from '../../../src/tsdb/wal/passed-records.ts'
import { encodeSamples } from '../../../src/tsdb/wal/record.ts'
import { RecordIndex, type RecordRows, rowsOf } from '../../../src/tsdb/wal/record-index.ts'
import { RecordIndexWriter } from '../../../src/tsdb/wal/record-index-writer.ts'
import { SegmentReader } from '../../../src/tsdb/wal/segment-reader.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { type CoveredSpan, spansOf } from './spans-of.ts'

interface Columns {
  readonly refs: Float64Array
  readonly timestampsMs: Float64Array
}

/** Rows of a few refs near each other, in runs or not. */
function someRows(random: () => number): Columns {
  const count = 1 + Math.floor(random() * 40)
  const refs = new Float64Array(count)
  const timestampsMs = new Float64Array(count)
  let ref = Math.floor(random() * 30)
  for (let row = 0; row < count; row++) {
    if (random() < 0.7) ref += random() < 0.9 ? 1 : Math.floor(random() * 9)
    refs[row] = ref
    timestampsMs[row] = Math.floor(random() * 40_000)
  }
  return { refs, timestampsMs }
}

function rowsIn({ refs, timestampsMs }: Columns): RecordRows | undefined {
  return rowsOf(refs, timestampsMs, 0, refs.length, 100)
}

function refsOf({ runs }: RecordRows): ReadonlySet<number> {
  const found = new Set<number>()
  for (let run = 0; run < runs.length; run += 2) {
    for (let ref = runs[run] ?? 0; ref <= (runs[run + 1] ?? 0); ref++) found.add(ref)
  }
  return found
}

function refsCovered(first: number, last: number, fromMs: number, toMs: number): CoveredSpan[] {
  return Array.from({ length: last - first + 1 }, (_, at) => ({ ref: first + at, fromMs, toMs }))
}

describe('the index of a segment', () => {
  it('says of a record all refs and no others, and its oldest and newest time', () => {
    const random = seededRandom(1)
    for (let round = 0; round < 2_000; round++) {
      const columns = someRows(random)
      const rows = rowsIn(columns)
      expect(rows).toBeDefined()
      if (rows === undefined) continue
      expect([...refsOf(rows)].sort()).toEqual([...new Set(columns.refs)].sort())
      expect(rows.minTimeMs).toBe(Math.min(...columns.timestampsMs))
      expect(rows.maxTimeMs).toBe(Math.max(...columns.timestampsMs))
    }
    const apart = { refs: Float64Array.from([1, 3, 5]), timestampsMs: new Float64Array(3) }
    expect(rowsOf(apart.refs, apart.timestampsMs, 0, 3, 2)).toBeUndefined()
    expect(rowsOf(apart.refs, apart.timestampsMs, 0, 3, 3)?.runs).toHaveLength(6)
  })

  it('is read as it was written; cut or damaged, whatever stands before that', () => {
    const random = seededRandom(2)
    const disk = new SimFileSystem()
    disk.makeDirectory('/wal')
    disk.writeFile('/wal/00000007', new Uint8Array(1))
    disk.makeDirectory('/index')
    for (const old of ['00000003', '00000007', '00000009']) {
      disk.writeFile(`/index/${old}`, new Uint8Array(5))
    }
    const writer = new RecordIndexWriter(disk, '/index', '/wal')
    const written: object[] = []
    for (let start = 0; start < 40_000_000; start += 20_000) {
      const rows = rowsIn(someRows(random))
      if (rows === undefined) continue
      const place = { start, end: start + 19_000, checksum: Math.floor(random() * 2 ** 32) }
      writer.add(7, place, rows)
      written.push({ place, rows })
    }
    writer.close()
    expect(disk.list('/index')).toEqual(['00000007'])
    const bytes = disk.readFile('/index/00000007')
    const read = (from: Uint8Array) => {
      const index = new RecordIndex(from)
      return Array.from({ length: index.count }, (_, entry) => ({
        place: index.place(entry),
        rows: index.rows(entry),
      }))
    }
    expect(read(bytes)).toEqual(written)
    let shorter = 0
    for (let round = 0; round < 40; round++) {
      const changed = bytes.slice()
      const at = Math.floor(random() * bytes.length)
      changed[at] = (changed[at] ?? 0) ^ (1 << (round % 8))
      for (const rest of [read(changed), read(bytes.subarray(0, at))]) {
        expect(rest).toEqual(written.slice(0, rest.length))
        if (rest.length < written.length) shorter++
      }
    }
    expect(shorter).toBe(80)
  })

  it('is not believed of other records at the same places', async () => {
    const disk = new SimFileSystem()
    const fileOf = async (name: string, seed: number) => {
      const options = { fileSystem: disk, directory: `/${name}`, segmentBytesMax: 2 ** 20 }
      const indexDirectory = `/${name}-index`
      const writer = WalWriter.open({ ...options, compression: 'none', indexDirectory })
      const random = seededRandom(seed)
      for (let record = 0; record < 50; record++) {
        const refs = Float64Array.from({ length: 20 }, (_, row) => 100 + row)
        const timestampsMs = new Float64Array(20).fill(1_000 * record)
        const bytes = new ByteWriter()
        encodeSamples(bytes, { refs, timestampsMs, values: refs.map(random) }, 0, 20)
        writer.log([bytes.copy()], [rowsOf(refs, timestampsMs, 0, 20, 5)])
      }
      await writer.close()
      const index = new RecordIndex(disk.readFile(`${indexDirectory}/00000000`))
      return { index, file: new SegmentReader(disk, `/${name}/00000000`) }
    }
    const [one, other] = [await fileOf('one', 1), await fileOf('other', 2)]
    const spans = refsCovered(100, 119, 0, 100_000)
    const passedIn = ({ file }: typeof one, { index }: typeof one) => {
      const passed = new PassedRecords(index, new CoveredRows(spansOf(spans)))
      let count = 0
      for (let entry = 0; entry < index.count; entry++) {
        const { start, end } = index.place(entry)
        const behind = passed.behind(file, start)
        if (behind === undefined) continue
        expect(behind).toBe(end)
        count++
      }
      return count
    }
    expect(one.file.sizeBytes).toBe(other.file.sizeBytes)
    expect(passedIn(one, one)).toBe(50)
    expect(passedIn(one, other)).toBe(0)
  })

  it('lets a record be passed over only where each of its rows is covered', () => {
    const random = seededRandom(3)
    let passed = 0
    for (let round = 0; round < 20_000; round++) {
      const columns = someRows(random)
      const spans: CoveredSpan[] = []
      for (let ref = 0; ref < 60; ref++) {
        if (random() < 0.03) continue
        let fromMs = Math.floor(random() ** 6 * 20_000)
        for (let span = 0; span < 2; span++) {
          const toMs = fromMs + 2_000 + Math.floor((1 - random() ** 6) * 60_000)
          spans.push({ ref, fromMs, toMs })
          fromMs = toMs + Math.floor(random() * 3_000)
        }
      }
      const rows = rowsIn(columns)
      const covered = new CoveredRows(spansOf(spans))
      if (rows === undefined || !covered.coversAll(rows)) continue
      passed++
      for (const [row, ref] of columns.refs.entries()) {
        const timeMs = columns.timestampsMs[row] ?? 0
        const isCovered = spans.some(
          (span) => span.ref === ref && span.fromMs <= timeMs && timeMs < span.toMs,
        )
        if (!isCovered) expect.fail(`round ${round}: ${ref} at ${timeMs}`)
      }
    }
    expect(passed).toBeGreaterThan(1_000)
  })
})
