import { NarthexError } from '../../src/base/errors.ts'
import type { NativeHistogram } from '../../src/model/histogram.ts'
import { faultOfHistogram } from '../../src/model/histogram-validity.ts'
import type { LabelTexts } from '../../src/model/label-texts.ts'
import { Labels } from '../../src/model/labels.ts'
import { type SeriesId, seriesId, type TimestampMs } from '../../src/model/samples.ts'
import { halvesOf, isStaleAt } from '../../src/model/stale-nan.ts'
import {
  type Appendable,
  type Appender,
  type AppendOptions,
  type AppendOutcome,
  type RefusalCode,
  refusal,
} from '../../src/storage/appender.ts'
import { stringsOf } from './label-texts.ts'

/** A committed sample as tests like to see it. */
export interface RecordedSample {
  readonly timestampMs: number
  readonly value: number | 'stale'
}

/**
 * A database that keeps every committed sample in order, with the head's rules for what is out of
 * order or a duplicate. Stale markers are told apart by their bits.
 */
export class RecordingAppendable implements Appendable {
  epoch = 0
  /** Refuses all commits while set, as a database on a full disk does. */
  isReadOnly = false
  /** Takes samples out of order, as within a window for them. */
  takesLate = false
  /** Refuses new series beyond this number. */
  seriesMax = Infinity
  commits = 0
  readonly #series = new Map<string, { labels: Labels; samples: RecordedSample[] }>()
  readonly #keys: string[] = []

  appender(): Appender {
    return new RecordingAppender(this)
  }

  /** The samples of the series with these labels; none where it is unknown. */
  samples(labels: Labels): readonly RecordedSample[] {
    return this.#series.get(labels.key())?.samples ?? []
  }

  seriesLabels(): readonly Labels[] {
    return this.#keys.flatMap((key) => this.#series.get(key)?.labels ?? [])
  }

  /** Ids of before may mean anything now: series are given out anew, in another order. */
  nextEpoch(): void {
    this.epoch++
    this.#keys.reverse()
  }

  idOf(labels: Labels): SeriesId {
    const key = labels.key()
    if (!this.#series.has(key)) {
      if (this.#series.size >= this.seriesMax) {
        throw new NarthexError('LIMIT_EXCEEDED', `series limit of ${this.seriesMax} reached`)
      }
      this.#series.set(key, { labels, samples: [] })
      this.#keys.push(key)
    }
    return seriesId(this.#keys.indexOf(key))
  }

  samplesOf(id: number): RecordedSample[] {
    const found = this.#series.get(this.#keys[id] ?? '')
    if (found === undefined) throw new Error(`no series has id ${id}`)
    return found.samples
  }
}

interface StagedSample extends RecordedSample {
  readonly id: number
}

class RecordingAppender implements Appender {
  readonly newestMs = Number.POSITIVE_INFINITY
  readonly #database: RecordingAppendable
  #staged: StagedSample[] = []

  constructor(database: RecordingAppendable) {
    this.#database = database
  }

  series(labels: Labels): SeriesId {
    return this.#database.idOf(labels)
  }

  seriesAt(labels: Labels): SeriesId {
    return this.series(labels)
  }

  refusalOfFirst(): 0 {
    return 0
  }

  seriesOfTexts(texts: LabelTexts): SeriesId {
    return this.#database.idOf(Labels.fromSortedPairs(stringsOf(texts)))
  }

  find(labels: Labels): SeriesId | undefined {
    const isThere = this.#database.seriesLabels().some((each) => each.key() === labels.key())
    return isThere ? this.#database.idOf(labels) : undefined
  }

  append(
    ids: Uint32Array,
    timestampsMs: Float64Array,
    values: Float64Array,
    count: number,
    _startsMs?: Float64Array,
    options?: AppendOptions,
  ): AppendOutcome {
    const halves = halvesOf(values)
    const refusedIndex: number[] = []
    const refusedCode: number[] = []
    for (let row = 0; row < count; row++) {
      const id = ids[row] ?? 0
      const timestampMs = timestampsMs[row] ?? 0
      if (!Number.isInteger(timestampMs)) throw new Error(`${timestampMs} is no whole millisecond`)
      const value = isStaleAt(halves, row) ? 'stale' : (values[row] ?? 0)
      const verdict = this.#verdict({ id, timestampMs, value })
      const isLateTaken = this.#database.takesLate && options?.discardOutOfOrder !== true
      if (verdict === 'take' || (verdict === refusal.outOfOrder && isLateTaken))
        this.#staged.push({ id, timestampMs, value })
      else if (verdict !== 'have') {
        refusedIndex.push(row)
        refusedCode.push(verdict)
      }
    }
    return {
      staged: count - refusedIndex.length,
      refused: refusedIndex.length,
      refusedIndex: Uint32Array.from(refusedIndex),
      refusedCode: Uint8Array.from(refusedCode),
    }
  }

  readonly takesExemplars = false
  readonly takesMetadata = false

  appendExemplar(): never {
    throw new Error('exemplars are not recorded')
  }

  appendMetadata(): never {
    throw new Error('metadata is not recorded')
  }

  /** Of a histogram its count is recorded. */
  appendHistogram(
    id: SeriesId,
    timestampMs: TimestampMs,
    histogram: NativeHistogram,
  ): RefusalCode | 0 {
    if (faultOfHistogram(histogram) !== undefined) return refusal.invalidHistogram
    const verdict = this.#verdict({ id, timestampMs, value: histogram.count })
    if (verdict === 'take') this.#staged.push({ id, timestampMs, value: histogram.count })
    return verdict === 'take' || verdict === 'have' ? 0 : verdict
  }

  newestFloat(id: SeriesId): number {
    const value = this.#newest(id)?.value
    return typeof value === 'number' ? value : Number.NaN
  }

  commit(): void {
    if (this.#database.isReadOnly) throw new NarthexError('TSDB_READ_ONLY', 'no space left')
    for (const { id, timestampMs, value } of this.#staged) {
      this.#database.samplesOf(id).push({ timestampMs, value })
    }
    this.#staged = []
    this.#database.commits++
  }

  rollback(): void {
    this.#staged = []
  }

  #newest(id: number): RecordedSample | undefined {
    return (
      this.#staged.findLast((staged) => staged.id === id) ?? this.#database.samplesOf(id).at(-1)
    )
  }

  #verdict({ id, timestampMs, value }: StagedSample): RefusalCode | 'take' | 'have' {
    const newest = this.#newest(id)
    if (newest === undefined || newest.timestampMs < timestampMs) return 'take'
    if (newest.timestampMs > timestampMs) return refusal.outOfOrder
    return Object.is(newest.value, value) ? 'have' : refusal.duplicateTimestamp
  }
}
