import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Labels } from '../../model/labels.ts'
import type { SeriesId } from '../../model/samples.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import {
  type Appender,
  type AppendOutcome,
  type RefusalCode,
  refusal,
} from '../../storage/appender.ts'
import { encodeSamples } from '../wal/record.ts'
import type { WalWriter } from '../wal/writer.ts'
import type { Head } from './head.ts'
import type { SeriesLog } from './series-log.ts'

/** Samples of one record: a record stays far below a segment. */
const samplesPerRecord = 16_384

/** Verdicts beside the refusals: take it, or leave it since the very same sample is there. */
const stage = 0
const known = -1

/** Columns of a transaction, used again by the next one. */
export class StagedSamples {
  ids = new Uint32Array(4096)
  refs = new Float64Array(4096)
  timestampsMs = new Float64Array(4096)
  values = new Float64Array(4096)
  count = 0
  /** Records are encoded here: one buffer for all transactions. */
  readonly writer = new ByteWriter(65_536)

  reserve(more: number): void {
    const needed = this.count + more
    if (needed <= this.ids.length) return
    const size = Math.max(needed, this.ids.length * 2)
    const ids = new Uint32Array(size)
    ids.set(this.ids.subarray(0, this.count))
    this.ids = ids
    this.refs = grown(this.refs, size, this.count)
    this.timestampsMs = grown(this.timestampsMs, size, this.count)
    this.values = grown(this.values, size, this.count)
  }
}

/** `set` of one Float64Array into another copies bits: NaN payloads survive. */
function grown(column: Float64Array, size: number, count: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(column.subarray(0, count))
  return larger
}

/** storage.Appender over the head: checks against what is committed, then the log, then memory. */
export class HeadAppender implements Appender {
  readonly #head: Head
  readonly #wal: WalWriter
  readonly #seriesLog: SeriesLog
  readonly #staged: StagedSamples
  readonly #aheadMs: number
  readonly #committed: () => void
  #refusedIndex = new Uint32Array(16)
  #refusedCode = new Uint8Array(16)
  #refused = 0
  #ended = false

  constructor(
    head: Head,
    wal: WalWriter,
    seriesLog: SeriesLog,
    staged: StagedSamples,
    newestMs: number,
    committed: () => void,
  ) {
    assert(staged.count === 0, 'one transaction at a time')
    this.#head = head
    this.#wal = wal
    this.#seriesLog = seriesLog
    this.#staged = staged
    this.#aheadMs = newestMs
    this.#committed = committed
  }

  series(labels: Labels): SeriesId {
    return this.#head.series(labels)
  }

  append(
    ids: Uint32Array,
    timestampsMs: Float64Array,
    values: Float64Array,
    count: number,
  ): AppendOutcome {
    assert(!this.#ended, 'append after the end of a transaction')
    const staged = this.#staged
    staged.reserve(count)
    this.#refused = 0
    const first = staged.count
    const halves = halvesOf(values)
    const stagedHalves = halvesOf(staged.values)
    if (this.#head.maxTimeMs === Number.NEGATIVE_INFINITY) this.#begin(timestampsMs, count)
    const oldestMs = this.#oldestMs()
    for (let index = 0; index < count; index++) {
      const id = ids[index] ?? 0
      const timestampMs = timestampsMs[index] ?? 0
      const verdict = this.#check(id, timestampMs, oldestMs, halves, index)
      if (verdict === known) continue
      if (verdict !== stage) {
        this.#refuse(index, verdict)
        continue
      }
      const at = staged.count++
      staged.ids[at] = id
      staged.refs[at] = this.#head.ref(id)
      staged.timestampsMs[at] = timestampMs
      stagedHalves[at * 2] = halves[index * 2] ?? 0
      stagedHalves[at * 2 + 1] = halves[index * 2 + 1] ?? 0
    }
    return {
      staged: staged.count - first,
      refused: this.#refused,
      refusedIndex: this.#refusedIndex.subarray(0, this.#refused),
      refusedCode: this.#refusedCode.subarray(0, this.#refused),
    }
  }

  #check(
    id: number,
    timestampMs: number,
    oldestMs: number,
    halves: Uint32Array,
    index: number,
  ): RefusalCode | typeof stage | typeof known {
    if (!this.#head.isAlive(id)) return refusal.unknownSeries
    if (timestampMs > this.#aheadMs) return refusal.tooFarAhead
    if (timestampMs < oldestMs) return refusal.outOfBounds
    const newestMs = this.#head.chunks.newestMs(id)
    if (timestampMs > newestMs) return stage
    if (timestampMs < newestMs) return refusal.outOfOrder
    const same = this.#head.chunks.newestIs(id, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0)
    return same ? known : refusal.duplicateTimestamp
  }

  /** The first sample that an empty head is offered says from when on it takes samples. */
  #begin(timestampsMs: Float64Array, count: number): void {
    const first = timestampsMs.subarray(0, count).find((timeMs) => timeMs <= this.#aheadMs)
    if (first !== undefined) this.#head.beginAt(first)
  }

  /** Half a chunk range behind the newest sample, as upstream, and never where blocks begin. */
  #oldestMs(): number {
    return Math.max(this.#head.maxTimeMs - this.#head.rangeMs / 2, this.#head.validFromMs)
  }

  #refuse(index: number, code: RefusalCode): void {
    if (this.#refused === this.#refusedIndex.length) {
      const [oldIndex, oldCode] = [this.#refusedIndex, this.#refusedCode]
      this.#refusedIndex = new Uint32Array(oldIndex.length * 2)
      this.#refusedIndex.set(oldIndex)
      this.#refusedCode = new Uint8Array(oldCode.length * 2)
      this.#refusedCode.set(oldCode)
    }
    this.#refusedIndex[this.#refused] = index
    this.#refusedCode[this.#refused++] = code
  }

  commit(): void {
    assert(!this.#ended, 'commit after the end of a transaction')
    try {
      const records = this.#seriesLog.pendingRecords()
      const staged = this.#staged
      for (let start = 0; start < staged.count; start += samplesPerRecord) {
        encodeSamples(
          staged.writer,
          staged,
          start,
          Math.min(staged.count, start + samplesPerRecord),
        )
        records.push(staged.writer.copy())
      }
      if (records.length > 0) this.#wal.log(records)
      this.#seriesLog.logged()
      appendInOrder(this.#head, staged)
      this.#committed()
    } finally {
      this.rollback()
    }
  }

  rollback(): void {
    this.#ended = true
    this.#staged.count = 0
  }
}

/** Samples of series by their ids; `count` are valid. */
export interface SamplesById {
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  readonly count: number
}

/**
 * Moves samples into memory; what is not newer than its series' newest by now (twice in one
 * transaction, or in the log) is left out. Answers how many went in.
 */
export function appendInOrder(head: Head, columns: SamplesById): number {
  const { ids, timestampsMs, values, count } = columns
  const halves = halvesOf(values)
  let added = 0
  for (let index = 0; index < count; index++) {
    const id = ids[index] ?? 0
    const timestampMs = timestampsMs[index] ?? 0
    const newestMs = head.chunks.newestMs(id)
    if (timestampMs < head.validFromMs) continue
    if (timestampMs <= newestMs) {
      // The newest sample may be known by its time alone, from a head chunk file.
      if (timestampMs === newestMs) head.chunks.knowNewest(id, halves, index)
      continue
    }
    head.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0)
    added++
  }
  head.closed.flush()
  return added
}
