import { assert } from '../../base/assert.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import type { LabelTexts } from '../../model/label-texts.ts'
import type { Labels } from '../../model/labels.ts'
import { type SeriesId, type TimestampMs, timestampMsMax } from '../../model/samples.ts'
import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import {
  type Appender,
  type AppendOptions,
  type AppendOutcome,
  type ExemplarRefusalCode,
  exemplarRefusal,
  makesSeries,
  type RefusalCode,
  refusal,
  unmadeSeries,
} from '../../storage/appender.ts'
import type { MetricMetadata } from '../../storage/metadata.ts'
import { isFloatHistogram } from '../chunk/chunk-encoding.ts'
import { metricTypeNumber } from '../wal/metadata-record.ts'
import type { RecordRows } from '../wal/record-index.ts'
import { type AppendBounds, refusalOfTime } from './append-bounds.ts'
import {
  appendHistogramInOrder,
  appendInOrder,
  type LateSamples,
  staleHistogram,
  zeroHistogram,
} from './append-in-order.ts'
import { encodeFloats } from './encode-floats.ts'
import type { Head } from './head.ts'
import { refusalOfHistogram } from './histogram-refusal.ts'
import type { OutOfOrderCommit } from './out-of-order-commit.ts'
import type { SampleLog } from './sample-log.ts'
import type { SeriesLog } from './series-log.ts'
import { stageInOrder } from './stage-in-order.ts'
import { eachStaged, isOfFloats, type StagedStep } from './staged-histograms.ts'
import type { StagedSamples } from './staged-samples.ts'

/**
 * Verdicts beside the refusals: take it, leave it since the very same sample is there, or take it as
 * one out of order.
 */
const stage = 0
const known = -1
const late = -2
type Verdict = RefusalCode | typeof stage | typeof known | typeof late

/** Whether a sample is refused, and why; where it must not be late, no window matters to it. */
function refusalOf(
  verdict: RefusalCode | typeof late,
  mayBeLate: boolean,
): RefusalCode | typeof stage {
  if (mayBeLate) return verdict === late ? stage : verdict
  return verdict === late || verdict === refusal.tooOld ? refusal.outOfOrder : verdict
}

const noRefusals = { refusedIndex: new Uint32Array(0), refusedCode: new Uint8Array(0) }

export interface HeadAppenderOptions {
  readonly head: Head
  readonly wal: SampleLog
  readonly seriesLog: SeriesLog
  readonly staged: StagedSamples
  readonly outOfOrder: OutOfOrderCommit
  /** Samples after it are refused. */
  readonly newestMs: number
  /** Told the seconds by which each sample that is not in order is behind the newest of all. */
  readonly lateness: { observe(seconds: number): void }
  /** Called when a commit is done. */
  readonly committed: () => void
  /** Called once, when the transaction is over one way or the other. */
  readonly ended: () => void
}

/**
 * storage.Appender over the head: checks against what is committed, then the log, then memory; what
 * is out of order by then goes into the log and the memory of its own.
 */
export class HeadAppender implements Appender {
  readonly #options: HeadAppenderOptions
  readonly #head: Head
  readonly #staged: StagedSamples
  #bounds: AppendBounds | undefined
  #refusedIndex = new Uint32Array(16)
  #refusedCode = new Uint8Array(16)
  #refused = 0
  /** Histograms that are there already; upstream counts those as out of order, unlike floats. */
  #knownHistograms = 0
  #ended = false

  constructor(options: HeadAppenderOptions) {
    assert(options.staged.count === 0, 'one transaction at a time')
    this.#options = options
    this.#head = options.head
    this.#staged = options.staged
  }

  get newestMs(): number {
    return this.#options.newestMs
  }

  series(labels: Labels): SeriesId {
    return this.#head.series(labels)
  }

  seriesAt(labels: Labels, firstMs: TimestampMs): SeriesId {
    return makesSeries(this.refusalOfFirst(firstMs)) ? this.#head.series(labels) : unmadeSeries
  }

  refusalOfFirst(timestampMs: TimestampMs, histogram?: NativeHistogram): RefusalCode | 0 {
    if (this.#mayBegin(timestampMs)) this.#head.beginAt(timestampMs)
    const bounds = this.#readBounds()
    const code = refusalOfTime(timestampMs, bounds)
    if (code !== stage) return code
    const unsound = histogram === undefined ? stage : refusalOfHistogram(histogram)
    if (unsound !== stage) return unsound
    const isTaken = timestampMs >= Math.min(bounds.oldestMs, bounds.lateFromMs)
    return isTaken ? stage : refusal.tooOld
  }

  seriesOfTexts(texts: LabelTexts): SeriesId {
    return this.#head.seriesOfTexts(texts)
  }

  find(labels: Labels): SeriesId | undefined {
    return this.#head.find(labels)
  }

  append(
    ids: Uint32Array,
    timestampsMs: Float64Array,
    values: Float64Array,
    count: number,
    startsMs?: Float64Array,
    options?: AppendOptions,
  ): AppendOutcome {
    assert(!this.#ended, 'append after the end of a transaction')
    const staged = this.#staged
    const zeroes = this.#head.encodings.zeroAtStart === true ? startsMs : undefined
    staged.reserve(zeroes === undefined ? count : count * 2)
    this.#refused = 0
    let added = 0
    const halves = halvesOf(values)
    const stagedHalves = halvesOf(staged.values)
    if (this.#head.maxTimeMs === Number.NEGATIVE_INFINITY) this.#begin(timestampsMs, count)
    const bounds = this.#readBounds()
    const inOrderRows = options?.inOrderRows
    const takesLate = options?.discardOutOfOrder !== true
    const starts = this.#head.encodings.storesStarts ? startsMs : undefined
    const offered = { ids, timestampsMs, halves, startsMs: starts }
    for (let index = 0; index < count; index++) {
      if (zeroes === undefined) {
        const end = stageInOrder(this.#head, staged, stagedHalves, bounds, offered, index, count)
        added += end - index
        index = end
        if (index === count) break
      }
      const id = ids[index] ?? 0
      const timestampMs = timestampsMs[index] ?? 0
      const verdict = this.#check(id, timestampMs, bounds, halves, index)
      if (verdict === known) continue
      if (verdict !== stage) {
        const code = refusalOf(verdict, takesLate && inOrderRows?.[index] !== 1)
        if (code !== stage) {
          this.#refuse(index, code)
          if (options?.untilRefused === true) break
          continue
        }
      }
      added++
      // Mostly a page that repeats an old time: it would be logged at each scrape.
      if (verdict === late && this.#head.outOfOrder.hasOpen(id, timestampMs)) continue
      const zeroMs = zeroes?.[index] ?? 0
      if (zeroMs !== 0 && this.#mayBeZero(id, zeroMs, timestampMs)) this.#stageZero(id, zeroMs)
      const startMs = starts?.[index] ?? 0
      const mayBeHistogram = isStaleAt(halves, index) || staged.histograms.typeOf(id) !== undefined
      if (mayBeHistogram && this.#becomesHistogram(id, timestampMs, startMs, halves, index))
        continue
      const at = staged.count++
      staged.startsMs[at] = startMs
      staged.ids[at] = id
      staged.refs[at] = this.#head.ref(id)
      staged.timestampsMs[at] = timestampMs
      stagedHalves[at * 2] = halves[index * 2] ?? 0
      stagedHalves[at * 2 + 1] = halves[index * 2 + 1] ?? 0
    }
    const refused = this.#refused
    if (refused === 0) return { staged: added, refused, ...noRefusals }
    return {
      staged: added,
      refused,
      refusedIndex: this.#refusedIndex.subarray(0, refused),
      refusedCode: this.#refusedCode.subarray(0, refused),
    }
  }

  appendHistogram(
    id: SeriesId,
    timestampMs: TimestampMs,
    histogram: NativeHistogram,
    startMs = 0,
    options?: Pick<AppendOptions, 'discardOutOfOrder'>,
  ): RefusalCode | 0 {
    assert(!this.#ended, 'append after the end of a transaction')
    const { chunks, maxTimeMs } = this.#head
    if (maxTimeMs === Number.NEGATIVE_INFINITY && this.#mayBegin(timestampMs)) {
      this.#head.beginAt(timestampMs)
    }
    const bounds = this.#readBounds()
    const isOfTime = refusalOfTime(timestampMs, bounds) === stage
    const unsound = isOfTime ? refusalOfHistogram(histogram) : stage
    if (unsound !== stage) return unsound
    const verdict = this.#checkTime(id, timestampMs, bounds)
    if (verdict !== stage && verdict !== known) {
      const code = refusalOf(verdict, options?.discardOutOfOrder !== true)
      if (code !== stage) this.#head.refused.count(code, 'histogram')
      if (code !== stage) return code
    }
    if (verdict === known) {
      if (!chunks.histograms.newestIs(id, histogram)) return refusal.duplicateTimestamp
      this.#knownHistograms++
      return stage
    }
    if (verdict === late && this.#head.outOfOrder.hasOpen(id, timestampMs)) return stage
    const hasZero = this.#head.encodings.zeroAtStart === true && startMs !== 0
    if (hasZero && this.#mayBeZero(id, startMs, timestampMs)) {
      this.#stageHistogram(id, startMs, 0, zeroHistogram(histogram))
    }
    this.#stageHistogram(id, timestampMs, startMs, histogram)
    return stage
  }

  get takesExemplars(): boolean {
    return this.#head.exemplars.capacity > 0
  }

  appendExemplar(id: SeriesId, exemplar: Exemplar): ExemplarRefusalCode | 0 {
    assert(!this.#ended, 'append after the end of a transaction')
    if (!this.takesExemplars) return 0
    const head = this.#head
    if (!head.isAlive(id)) return exemplarRefusal.unknownSeries
    const series = { ref: head.ref(id), labels: () => head.labels(id) }
    const verdict = head.exemplars.check(series, exemplar)
    if (verdict === 0) this.#staged.exemplars.add(series, exemplar)
    return verdict === known ? 0 : verdict
  }

  get takesMetadata(): boolean {
    return this.#head.metadata.isTaken
  }

  appendMetadata(id: SeriesId, { type, unit, help }: MetricMetadata): void {
    assert(!this.#ended, 'append after the end of a transaction')
    const isEmpty = type === 'unknown' && unit === '' && help === ''
    if (!this.takesMetadata || isEmpty || !this.#head.isAlive(id)) return
    const metadata = {
      type: metricTypeNumber[type],
      unit: Buffer.from(unit),
      help: Buffer.from(help),
    }
    if (this.#head.metadata.has(id, metadata)) return
    this.#staged.metadata.add(id, this.#head.ref(id), metadata)
  }

  newestFloat(id: SeriesId): number | undefined {
    return this.#head.chunks.newestFloat(id)
  }

  /** Whether a zero where a sample starts to count is in order; it mostly stands there already. */
  #mayBeZero(id: number, startMs: number, timestampMs: number): boolean {
    const bounds = this.#readBounds()
    if (startMs >= timestampMs || startMs < bounds.oldestMs) return false
    // In a window it would count as late at every sample, though nobody sent it.
    const hasWindow = bounds.lateFromMs !== Number.POSITIVE_INFINITY
    if (hasWindow && startMs <= this.#head.chunks.newestMs(id)) return false
    return this.#checkTime(id, startMs, bounds) === stage
  }

  #stageZero(id: number, timestampMs: number): void {
    const staged = this.#staged
    const at = staged.count++
    staged.startsMs[at] = 0
    staged.ids[at] = id
    staged.refs[at] = this.#head.ref(id)
    staged.timestampsMs[at] = timestampMs
    staged.values[at] = 0
  }

  #stageHistogram(
    id: number,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): void {
    const { histograms, count } = this.#staged
    const withStart = this.#head.encodings.storesStarts
    const row = { id, ref: this.#head.ref(id), timestampMs, startMs: withStart ? startMs : 0 }
    histograms.add(row, histogram, withStart, count)
  }

  /**
   * A stale marker behind a histogram is staged as one of its kind; other floats behind a histogram
   * of the same transaction begin a step of it.
   */
  #becomesHistogram(
    id: number,
    timestampMs: number,
    startMs: number,
    halves: Uint32Array,
    index: number,
  ): boolean {
    const { histograms, count } = this.#staged
    const type = histograms.typeOf(id)
    if (!isStaleAt(halves, index)) {
      if (type !== undefined) histograms.endStep(count)
      return false
    }
    const kind = this.#head.chunks.newestKind(id)
    if (type === undefined && kind === 0) return false
    const isFloat = type === undefined ? isFloatHistogram(kind) : isOfFloats(type)
    this.#stageHistogram(id, timestampMs, startMs, staleHistogram(isFloat, halves, index))
    return true
  }

  #check(
    id: number,
    timestampMs: number,
    bounds: AppendBounds,
    halves: Uint32Array,
    index: number,
  ): Verdict {
    const verdict = this.#checkTime(id, timestampMs, bounds)
    if (verdict !== known) return verdict
    const same = this.#head.chunks.newestIs(id, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0)
    return same ? known : refusal.duplicateTimestamp
  }

  /** Answers `known` where the series' newest sample has the same timestamp, unless it is deleted. */
  #checkTime(id: number, timestampMs: number, bounds: AppendBounds): Verdict {
    const refused = refusalOfTime(timestampMs, bounds)
    if (refused !== stage) return refused
    if (!this.#head.isAlive(id)) return refusal.unknownSeries
    const { oldestMs, lateFromMs } = bounds
    const hasWindow = lateFromMs !== Number.POSITIVE_INFINITY
    if (timestampMs >= oldestMs) {
      const newestMs = this.#head.chunks.newestMs(id)
      if (timestampMs > newestMs) return stage
      const { tombstones } = this.#head.memory
      if (timestampMs === newestMs && !(hasWindow && tombstones.hides(id, newestMs))) return known
    }
    const behindMs = this.#head.maxTimeMs - timestampMs
    if (behindMs > 0) this.#options.lateness.observe(behindMs / 1_000)
    if (timestampMs >= lateFromMs) return late
    return hasWindow ? refusal.tooOld : refusal.outOfOrder
  }

  /** The first sample that an empty head is offered says from when on it takes samples. */
  #begin(timestampsMs: Float64Array, count: number): void {
    const first = timestampsMs.subarray(0, count).find((timeMs) => this.#mayBegin(timeMs))
    if (first !== undefined) this.#head.beginAt(first)
  }

  #mayBegin(timestampMs: number): boolean {
    return timestampMs >= -timestampMsMax && timestampMs <= this.#options.newestMs
  }

  /**
   * In order up to half a chunk range behind the newest sample, as upstream, and never where blocks
   * begin; out of order as far as the window reaches (row T3.1).
   */
  #readBounds(): AppendBounds {
    if (this.#bounds !== undefined) return this.#bounds
    const { maxTimeMs, inOrderFromMs, outOfOrder } = this.#head
    const bounds = {
      oldestMs: Math.max(inOrderFromMs, -timestampMsMax),
      lateFromMs:
        outOfOrder.windowMs > 0
          ? Math.max(maxTimeMs - outOfOrder.windowMs, -timestampMsMax)
          : Infinity,
      newestMs: this.#options.newestMs,
    }
    if (maxTimeMs !== Number.NEGATIVE_INFINITY) this.#bounds = bounds
    return bounds
  }

  #refuse(index: number, code: RefusalCode): void {
    this.#head.refused.count(code, 'float')
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
      const { wal, seriesLog, outOfOrder, committed } = this.#options
      const records = seriesLog.pendingRecords()
      const staged = this.#staged
      staged.metadata.encode(staged.writer, records)
      const steps = staged.histograms.steps(staged.count)
      const rows: (RecordRows | undefined)[] = []
      const { storesStarts } = this.#head.encodings
      let start = 0
      for (const { floatsEnd, records: histograms } of steps) {
        encodeFloats(staged, storesStarts, start, floatsEnd, records, rows)
        for (const { bytes } of histograms) records.push(bytes)
        start = floatsEnd
      }
      staged.exemplars.encode(staged.writer, records)
      if (records.length > 0) wal.log(records, rows)
      seriesLog.logged()
      this.#head.refused.outOfOrder.histogram += this.#knownHistograms
      this.#appendSteps(steps)
      staged.exemplars.addTo(this.#head.exemplars)
      staged.metadata.addTo(this.#head.metadata)
      outOfOrder.run()
      committed()
    } finally {
      this.rollback()
    }
  }

  #appendSteps(steps: readonly StagedStep[]): void {
    const head = this.#head
    const lateOnes = this.#lateSamples()
    let start = 0
    for (const { floatsEnd, records } of steps) {
      appendInOrder(head, this.#staged, lateOnes, start, floatsEnd)
      for (const record of records) {
        eachStaged(record, (id, timestampMs, startMs, histogram) => {
          appendHistogramInOrder(head, id, timestampMs, histogram, lateOnes, startMs)
        })
      }
      start = floatsEnd
    }
    head.closed.flush()
  }

  /** What has become late since it was checked, by this transaction's other samples, among them. */
  #lateSamples(): LateSamples {
    const { outOfOrder, head } = this.#options
    const { oldestMs, lateFromMs } = this.#readBounds()
    const code = lateFromMs === Number.POSITIVE_INFINITY ? refusal.outOfOrder : refusal.tooOld
    return {
      fromMs: oldestMs,
      stage(id, timestampMs, startMs, halves, index) {
        if (timestampMs < lateFromMs) head.refused.count(code, 'float')
        else outOfOrder.stage(id, timestampMs, startMs, halves, index)
      },
      stageHistogram(id, timestampMs, startMs, histogram) {
        if (timestampMs < lateFromMs) head.refused.count(code, 'histogram')
        else outOfOrder.stageHistogram(id, timestampMs, startMs, histogram)
      },
      // Unlike floats, as upstream.
      knowHistogram: () => head.refused.count(refusal.outOfOrder, 'histogram'),
    }
  }

  rollback(): void {
    if (!this.#ended) this.#options.ended()
    this.#ended = true
    this.#staged.count = 0
    this.#staged.histograms.clear()
    this.#staged.exemplars.clear()
    this.#staged.metadata.clear()
  }
}
