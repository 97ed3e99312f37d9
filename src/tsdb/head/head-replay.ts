import { at } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import { type NativeHistogram, schemaMax } from '../../model/histogram.ts'
import type { LabelTexts } from '../../model/label-texts.ts'
import { reduceResolution, spansGoForwards } from '../../model/resolution-fold.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { CoveredSpans } from '../wal/covered-spans.ts'
import type { ExemplarRecord } from '../wal/exemplar-record.ts'
import type { InternedSeries } from '../wal/interned-series.ts'
import type { MetadataRecord } from '../wal/metadata-record.ts'
import type { SampleRecord } from '../wal/record.ts'
import type { ReplayHandler } from '../wal/replay.ts'
import type { StartSampleRecord } from '../wal/start-sample-record.ts'
import {
  everMs,
  isLateEviction,
  isOrderMark,
  type TombstoneRecord,
} from '../wal/tombstone-record.ts'
import {
  appendHistogramInOrder,
  appendSeriesInOrder,
  endOfRun,
  type LateSamples,
  leavingLateOut,
  type SampleTimes,
} from './append-in-order.ts'
import type { Head } from './head.ts'
import type { HeadChunkTable } from './head-chunk-table.ts'
import { partsOf } from './histogram-refusal.ts'
import { NumberedPairs } from './numbered-pairs.ts'
import { noChunk, PendingChunks } from './pending-chunks.ts'
import { SeriesRemoval } from './series-removal.ts'
import { HeadTruncation } from './truncation.ts'

/** What seriesOf answers for a ref that the log has not named. */
export const noSeries = 0xffffffff

/** How many times what it has by now a chunk gets room for at most. */
const growthMax = 2

/** Refs up to here are looked up in a column, those beyond in a map. */
const columnRefsMax = 1 << 26

/** Makes a histogram of a log one that can be stored; false for what no server of today takes. */
export function fitHistogram(histogram: NativeHistogram): boolean {
  if (!spansGoForwards(histogram) || partsOf(histogram) > limits.histogramPartsMax) return false
  if (histogram.schema > schemaMax) reduceResolution(histogram, schemaMax)
  return true
}

/**
 * Puts what the log holds into the head. Refs are mapped to series of ours: a log may name one
 * series by several refs (it went and came back), and refs of another server's log are its own.
 */
export class HeadReplay implements ReplayHandler {
  readonly #head: Head
  readonly #chunks: PendingChunks
  readonly #truncation: HeadTruncation
  readonly #removal: SeriesRemoval
  #hasEvicted = false
  readonly #late: LateSamples
  #seriesOfRef = new Uint32Array(1 << 12).fill(noSeries)
  readonly #farRefs = new Map<number, number>()
  samplesAdded = 0
  /**
   * Samples whose series record was lost. Those that blocks have are not among them: a checkpoint need not
   * name a series whose samples all are.
   */
  samplesWithoutSeries = 0
  exemplarsWithoutSeries = 0
  /** Histograms that no server of today would have taken: spans go backwards, or are too many. */
  histogramsLeftOut = 0
  /** Refs by which the log also names series that have another one in the head. */
  readonly otherRefs: number[] = []

  /** `chunks` are what the head chunk files hold: samples that they have are not taken again. */
  constructor(head: Head, chunks: HeadChunkTable) {
    this.#head = head
    this.#chunks = new PendingChunks(head, chunks)
    this.#truncation = new HeadTruncation(head)
    this.#removal = new SeriesRemoval(head)
    this.#late = leavingLateOut(head)
  }

  /** What need not be handed over: see CoveredRows. */
  covered(): CoveredSpans | undefined {
    return this.#chunks.spans()
  }

  /** It is not handed over. */
  leaveOut(covered: CoveredSpans | undefined): void {
    this.#chunks.leaveOut(covered)
  }

  /** Not all of what was left out is in the head: the log has to be read again, whole. */
  get isMisled(): boolean {
    return this.#chunks.isMisled
  }

  readonly series = (ref: number, texts: LabelTexts): void => {
    this.#head.passRef(ref)
    if (texts.count === 0) return
    const before = this.#head.seriesCount
    this.#name(ref, this.#head.loggedSeries(texts), before)
  }

  /** By the numbers that one thread that reads the log ahead has given to label pairs. */
  readonly interned = (): InternedSeries => {
    const pairs = new NumberedPairs(this.#head.memory)
    return {
      pair: (bytes, start, nameEnd, end, like) => pairs.add(bytes, start, nameEnd, end, like),
      series: (ref, numbers, start, end) => {
        this.#head.passRef(ref)
        if (end === start) return
        const before = this.#head.seriesCount
        this.#name(ref, this.#head.seriesOfPairs(pairs, numbers, start, end), before)
      },
    }
  }

  /** The log names a series by a ref; it is new where there were fewer before. */
  #name(ref: number, id: number, before: number): void {
    if (this.#head.seriesCount > before) this.#head.adoptRef(id, ref)
    if (this.seriesOf(ref) === noSeries) {
      this.#chunks.expect(ref, id)
      if (this.#head.ref(id) !== ref) this.otherRefs.push(ref)
    }
    this.#map(ref, id)
  }

  readonly histogram = (
    ref: number,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): void => {
    const id = this.seriesOf(ref)
    if (id === noSeries) {
      if (timestampMs >= this.#head.validFromMs) this.samplesWithoutSeries++
      this.#head.passRef(ref)
      return
    }
    if (!fitHistogram(histogram)) {
      this.histogramsLeftOut++
      return
    }
    this.#chunks.attachUntil(id, timestampMs)
    if (!appendHistogramInOrder(this.#head, id, timestampMs, histogram, this.#late, startMs)) return
    this.samplesAdded++
    this.#head.closed.flush()
  }

  samples({ refs, timestampsMs, values, count }: SampleRecord): void {
    this.#addSamples(refs, { timestampsMs, values }, count)
  }

  startSamples({ refs, timestampsMs, values, startsMs, count }: StartSampleRecord): void {
    this.#addSamples(refs, { timestampsMs, values, startsMs }, count)
  }

  #addSamples(refs: Float64Array, columns: SampleTimes, count: number): void {
    const halves = halvesOf(columns.values)
    for (let start = 0; start < count; ) {
      // Samples of one series often stand side by side.
      const end = endOfRun(refs, start, count)
      this.#addSeriesSamples(refs[start] ?? 0, columns, halves, start, end)
      start = end
    }
    this.#head.closed.flush()
  }

  #addSeriesSamples(
    ref: number,
    columns: SampleTimes,
    halves: Uint32Array,
    start: number,
    end: number,
  ): void {
    const id = this.seriesOf(ref)
    if (id === noSeries) {
      const times = columns.timestampsMs.subarray(start, end)
      for (const timeMs of times) {
        if (timeMs >= this.#head.validFromMs) this.samplesWithoutSeries++
      }
      this.#chunks.noteUnattached(ref)
      this.#head.passRef(ref)
      return
    }
    let from = start
    let nextMs = this.#chunks.nextMs(id)
    for (let index = start; nextMs !== noChunk && index < end; index++) {
      const timestampMs = columns.timestampsMs[index] ?? 0
      if (timestampMs < nextMs) continue
      this.#append(id, columns, halves, from, index)
      from = index
      this.#chunks.attachUntil(id, timestampMs)
      nextMs = this.#chunks.nextMs(id)
    }
    this.#append(id, columns, halves, from, end)
  }

  #append(id: number, columns: SampleTimes, halves: Uint32Array, from: number, to: number): void {
    const late = this.#late
    this.samplesAdded += appendSeriesInOrder(this.#head, id, columns, halves, late, from, to)
  }

  /**
   * Where a third of the log is read, twice as much may follow of what a series has by now: its chunk
   * is moved seldom if it gets room for some of that. Not for more than it has: it may be gone since.
   */
  comesTo(share: number): void {
    this.#head.chunks.foreseen = Math.min(1 / share, growthMax)
  }

  /** The log has samples up to this time, as far as that is known before it is read. */
  endsAt(timeMs: number | undefined): void {
    this.#head.chunks.foreseenMs = timeMs
  }

  /** Call it behind the last record. */
  finish(): void {
    this.#head.chunks.foreseen = undefined
    this.#head.chunks.foreseenMs = undefined
    this.#chunks.finish()
  }

  exemplars(columns: ExemplarRecord): void {
    const { refs, timestampsMs, values, labelStart, labelEnd, bytes, count } = columns
    const head = this.#head
    for (let index = 0; index < count; index++) {
      const id = this.seriesOf(refs[index] ?? 0)
      if (id === noSeries) {
        if ((timestampsMs[index] ?? 0) >= head.validFromMs) this.exemplarsWithoutSeries++
        head.passRef(refs[index] ?? 0)
        continue
      }
      head.exemplars.add(
        { ref: head.ref(id), labels: () => head.labels(id) },
        {
          labels: bytes.subarray(labelStart[index], labelEnd[index]),
          value: values[index] ?? 0,
          timestampMs: timestampsMs[index] ?? 0,
          hasTimestamp: false,
        },
      )
    }
  }

  metadata({ refs, types, units, helps, count }: MetadataRecord): void {
    for (let row = 0; row < count; row++) {
      const id = this.seriesOf(refs[row] ?? 0)
      if (id === noSeries) {
        this.#head.passRef(refs[row] ?? 0)
        continue
      }
      const metadata = { type: types[row] ?? 0, unit: at(units, row), help: at(helps, row) }
      this.#head.metadata.set(id, metadata)
    }
  }

  tombstones(record: TombstoneRecord): void {
    const { refs, minTimesMs, maxTimesMs, count } = record
    const { tombstones } = this.#head.memory
    for (let index = 0; index < count; index++) {
      const ref = refs[index] ?? 0
      const id = this.seriesOf(ref)
      if (id === noSeries) {
        this.#head.passRef(ref)
        continue
      }
      // Also what is older than the head's time in order: out of order there may be samples.
      const [minTimeMs, maxTimeMs] = [minTimesMs[index] ?? 0, maxTimesMs[index] ?? 0]
      const isWhole = minTimeMs === everMs.min && maxTimeMs === everMs.max
      if (isOrderMark(record, index)) tombstones.showLate(id, maxTimeMs)
      else if (isWhole || isLateEviction(record, index)) this.#evict(ref, id)
      else tombstones.add(id, minTimeMs, maxTimeMs)
    }
  }

  /** All of the series is in a block: it left the head. What comes back has a ref of its own. */
  #evict(ref: number, id: number): void {
    this.#truncation.evict(id)
    this.#removal.forgetReplayed(id)
    this.#chunks.forget(id)
    this.#map(ref, noSeries)
    this.otherRefs.push(ref)
    this.#hasEvicted = true
  }

  /** Frees what evicted series had; behind finish(). */
  async clean(turn: () => Promise<void> | undefined): Promise<void> {
    this.#truncation.end()
    await this.#removal.finish(turn)
  }

  /** The series of a ref of the log, or noSeries. */
  seriesOf(ref: number): number {
    const id =
      ref < this.#seriesOfRef.length
        ? (this.#seriesOfRef[ref] ?? noSeries)
        : (this.#farRefs.get(ref) ?? noSeries)
    // Former refs may still name a series that was evicted.
    return this.#hasEvicted && !this.#head.isAlive(id) ? noSeries : id
  }

  #map(ref: number, id: number): void {
    if (ref >= columnRefsMax) {
      this.#farRefs.set(ref, id)
      return
    }
    if (ref >= this.#seriesOfRef.length) {
      const larger = new Uint32Array(2 ** Math.ceil(Math.log2(ref + 2))).fill(noSeries)
      larger.set(this.#seriesOfRef)
      this.#seriesOfRef = larger
    }
    this.#seriesOfRef[ref] = id
  }
}
