import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { messageOf } from '../../src/base/errors.ts'
import { sampleRowKernel, sampleRowKernelReason } from '../../src/kernels/sample-rows.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import { CoveredRows } from '../../src/tsdb/wal/covered-spans.ts'
import { coverUntil, newCoveredTimes } from '../../src/tsdb/wal/covered-times.ts'
import { readSampleRows } from '../../src/tsdb/wal/read-sample-rows.ts'
import { encodeSamples, recordType } from '../../src/tsdb/wal/record.ts'
import {
  decodeSampleRows,
  type SampleColumns,
  sampleRowsMax,
} from '../../src/tsdb/wal/sample-rows.ts'

import { type CoveredSpan, spansOf } from '../tsdb/wal/spans-of.ts'

type Random = () => number

/** Steps to the next ref, or time, whose varints have one to six bytes, most often those of before. */
const steps = [1, 50, 3_000, 400_000, 30_000_000, 2_000_000_000]

/** A record of so many rows of any bits, of series side by side or not. */
function anyRecord(random: Random, rows: number): Uint8Array {
  const refs = new Float64Array(rows)
  const timestampsMs = new Float64Array(rows)
  const values = new Float64Array(rows)
  const halves = halvesOf(values)
  const pick = (length: number) => Math.floor(random() ** 4 * length)
  const span = steps[pick(6)] ?? 1
  const run = 1 + pick(12)
  const firstRef = pick(3) === 2 ? 2 ** 52 - 7 : Math.floor(random() * 2e9)
  let [ref, timeMs] = [firstRef, pick(4) === 3 ? -1e12 : 1.7e12]
  for (let row = 0; row < rows; row++) {
    if (row % run === 0) ref = Math.abs(firstRef + Math.floor((random() - 0.3) * span))
    timeMs += row % run === 0 ? 0 : Math.floor((random() - 0.2) * (steps[pick(6)] ?? 1))
    refs[row] = Math.min(ref, Number.MAX_SAFE_INTEGER)
    timestampsMs[row] = timeMs
    halves[row * 2] = random() * 2 ** 32
    halves[row * 2 + 1] = random() * 2 ** 32
  }
  const writer = new ByteWriter(1024)
  encodeSamples(writer, { refs, timestampsMs, values }, 0, rows)
  return writer.view().slice()
}

/** A record of series side by side, so many samples of each. */
function scrapes(random: Random, firstRef: number, series: number, samples: number): Uint8Array {
  const rows = series * samples
  const columns = {
    refs: Float64Array.from({ length: rows }, (_, row) => firstRef + Math.floor(row / samples)),
    timestampsMs: Float64Array.from(
      { length: rows },
      (_, row) => 1.7e12 + (row % samples) * 15_000 + Math.floor(random() * 150) * 1_000,
    ),
    values: Float64Array.from({ length: rows }, random),
  }
  const writer = new ByteWriter(1024)
  encodeSamples(writer, columns, 0, rows)
  return writer.view().slice()
}

/** Half of the refs that a record of rows has, each in two spans. */
function someCovered(random: Random, record: Uint8Array): readonly CoveredSpan[] {
  const refs = Buffer.from(record).readBigInt64BE(1)
  if (random() < 0.3 || refs > 2n ** 40n) return []
  const first = Math.max(0, Number(refs) - 500)
  const spans: CoveredSpan[] = []
  for (let ref = first; ref <= first + 1_000; ref++) {
    if (random() < 0.5) continue
    const middleMs = 1.7e12 + Math.floor((random() - 0.5) * 1e6)
    const lengthMs = () => Math.floor(random() * 1e6)
    spans.push({ ref, fromMs: middleMs - 5_000 - lengthMs(), toMs: middleMs - 5_000 })
    spans.push({ ref, fromMs: middleMs, toMs: middleMs + lengthMs() })
  }
  return spans
}

/** What a reader makes of a record, in words and bits. */
function answerOf(
  read: typeof decodeSampleRows,
  record: Uint8Array,
  spans: readonly CoveredSpan[],
): string {
  const columns = roomFor(record)
  const covered = spans.length === 0 ? undefined : new CoveredRows(spansOf(spans))
  try {
    const decoded = read(record, columns, 3, covered?.times)
    const end = covered?.leaveOut(columns, 3, decoded) ?? decoded
    const bits = Object.values(columns).map((column) =>
      Buffer.from(column.buffer, 24, (end - 3) * 8).toString('base64'),
    )
    return `${end} ${bits}`
  } catch (thrown) {
    return messageOf(thrown)
  }
}

function roomFor(record: Uint8Array): SampleColumns {
  const room = sampleRowsMax(record) + 3
  const column = () => new Float64Array(room)
  return { refs: column(), timestampsMs: column(), values: column() }
}

function expectEqualAnswers(record: Uint8Array, covered: readonly CoveredSpan[], seed: number) {
  const own = answerOf(readSampleRows, record, covered)
  const twin = answerOf(decodeSampleRows, record, covered)
  if (own !== twin) expect.fail(`seed ${seed}: ${own.slice(0, 99)} is not ${twin.slice(0, 99)}`)
  return own
}

describe('the kernel of sample rows', () => {
  it('is active: nothing here is about the twin alone', () => {
    expect(sampleRowKernelReason).toBe('')
    expect(sampleRowKernel).toBeDefined()
  })

  it('decodes 5,000 records of any rows as the twin does, and most of them by itself', () => {
    const random = seededRandom(20_281)
    let [own, kept] = [0, 0]
    for (let seed = 0; seed < 5_000; seed++) {
      const record = anyRecord(random, 1 + Math.floor(random() ** 3 * 3_000))
      if ((sampleRowKernel?.decode(record) ?? -1) >= 0) own++
      const covered = someCovered(random, record)
      if (covered.length > 0) kept++
      expectEqualAnswers(record, covered, seed)
    }
    expect(own).toBeGreaterThan(2_000)
    expect(kept).toBeGreaterThan(1_000)
  })

  it('leaves covered rows out by itself where a record is of about the series of the one before', () => {
    const random = seededRandom(20_284)
    const covered = newCoveredTimes(1_000, 3_000, 1.7e12)
    for (let ref = 1_200; ref < 2_700; ref++) {
      if (random() < 0.8) coverUntil(covered, ref, 1.7e12 + Math.floor(random() * 300_000))
    }
    let [alone, left] = [0, 0]
    for (let seed = 0; seed < 500; seed++) {
      const firstRef = 1_000 + Math.floor(random() * 1_500)
      const record = scrapes(random, firstRef, 300 + Math.floor(random() * 300), 10)
      const count = sampleRowKernel?.decode(record, covered) ?? -1
      if (sampleRowKernel?.hasUnknown === false) {
        alone++
        left += Math.max(0, count)
        const [own, twin] = [roomFor(record), roomFor(record)]
        expect(count).toBe(decodeSampleRows(record, twin, 0, covered))
        readSampleRows(record, own, 0, covered)
        expect(own).toEqual(twin)
      }
    }
    expect(alone).toBeGreaterThan(100)
    expect(left).toBeGreaterThan(50_000)
  })

  it('of 5,000 damaged records it says what the twin says', () => {
    const random = seededRandom(20_282)
    let refused = 0
    for (let seed = 0; seed < 5_000; seed++) {
      const whole = anyRecord(random, 1 + Math.floor(random() * 60))
      const record = whole.slice(0, 1 + Math.floor((1 - random() ** 3) * whole.length))
      for (let flips = Math.floor(random() * 3); flips > 0; flips--) {
        const at = Math.floor(random() * record.length)
        record[at] = (record[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      }
      // What stood in the kernel's memory behind a shorter record is none of its rows.
      readSampleRows(whole, emptyColumns, 0)
      if (!/^\d/.test(expectEqualAnswers(record, [], seed))) refused++
    }
    expect(refused).toBeGreaterThan(1_000)
  })

  it('takes no series below 0, and none beyond what doubles hold', () => {
    for (const firstRef of [5n, 2n ** 53n - 3n, -1n]) {
      const record = Buffer.alloc(17 + 20 * 12)
      record[0] = recordType.samples
      record.writeBigInt64BE(firstRef, 1)
      // Rows of a two-byte varint each, the last of which goes 8 below the first ref, or above it.
      for (let at = 17; at < record.length; at += 12) record.set([0x80, 0x00, 0x80, 0x00], at)
      record[record.length - 12] = firstRef === 5n ? 0x8f : 0x90
      expect(expectEqualAnswers(record, [], 0)).toMatch(/beyond 2\^53/)
    }
  })

  it('leaves records to the twin that are too long for it, or have nothing', () => {
    const random = seededRandom(20_283)
    const long = anyRecord(random, 120_000)
    expect(long.length).toBeGreaterThan(1 << 20)
    expect(sampleRowKernel?.decode(long)).toBe(-1)
    expectEqualAnswers(long, [], 0)
    expectEqualAnswers(Uint8Array.of(recordType.samples), [], 0)
  })
})

const emptyColumns = {
  refs: new Float64Array(100),
  timestampsMs: new Float64Array(100),
  values: new Float64Array(100),
}
