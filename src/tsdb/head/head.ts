import { assert } from '../../base/assert.ts'
import { EntryTable } from '../../base/entry-table.ts'
import { NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { PagedNumbers } from '../../base/paged-numbers.ts'
import { Pins } from '../../base/pins.ts'
import { mixHash, noEntry } from '../../base/shared-hash-table.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import type { LabelTexts } from '../../model/label-texts.ts'
import { Labels } from '../../model/labels.ts'
import { type SeriesId, seriesId } from '../../model/samples.ts'
import { sampleCountOf } from '../chunk/chunk-encoding.ts'
import type { ClosedChunk } from './chunk-columns.ts'
import type { ChunkQueueCounts } from './chunk-write-queue.ts'
import { ClosedChunks } from './closed-chunks.ts'
import { ExemplarRing } from './exemplar-ring.ts'
import { FreeSeries } from './free-series.ts'
import { type HeadEncodings, plainEncodings } from './head-encodings.ts'
import { HeadMemory, type HeadSnapshot, type HeadUpdate } from './head-memory.ts'
import { HeadMetadata } from './head-metadata.ts'
import { type NumberedPairs, pairWord, pairWords } from './numbered-pairs.ts'
import { OpenChunks } from './open-chunk.ts'
import { OutOfOrderSamples } from './out-of-order-samples.ts'
import { RefusedCounts } from './refused-counts.ts'
import { LabelArena, neverBorn } from './series-columns.ts'
import { demandLabelsFit, demandTextsFit } from './series-size.ts'
import { SlotAllocator } from './slot-allocator.ts'
import type { SnapshotChunk } from './snapshot-record.ts'

export interface HeadStats {
  readonly series: number
  /** Of them, those whose newest sample is a stale marker. */
  readonly staleSeries: number
  /** Those whose open chunk is of native histograms, and the buckets of their newest. */
  readonly histogramSeries: number
  readonly histogramBuckets: number
  readonly chunks: number
  /** Chunks of samples in order that there ever were, those that left, and those put into files. */
  readonly chunksCreated: number
  readonly chunksRemoved: number
  readonly chunksWritten: number
  /** Of the queue that they wait in, if there is one. */
  readonly chunksQueued: Readonly<ChunkQueueCounts>
  /** Series that there ever were. */
  readonly seriesCreated: number
  /** Histograms among them. */
  readonly histogramsAppended: number
  readonly samplesAppended: number
  readonly symbols: number
  readonly labelPairs: number
  /** Undefined while there is no sample. */
  readonly minTimeMs: number | undefined
  readonly maxTimeMs: number | undefined
  readonly sharedBytes: number
}

/**
 * The newest samples, all in shared memory with one writer. Everything here is synchronous and on
 * the main thread; readers elsewhere are given HeadUpdate and HeadSnapshot.
 */
export class Head {
  /** Held by whoever reads; see Pins. */
  readonly pins: Pins
  readonly slots: SlotAllocator
  readonly closed: ClosedChunks
  readonly chunks: OpenChunks
  readonly exemplars = new ExemplarRing()
  readonly metadata = new HeadMetadata()
  readonly outOfOrder: OutOfOrderSamples
  readonly refused = new RefusedCounts()
  /** Range of the blocks that are made of the head. */
  readonly rangeMs: number
  readonly #lookup = new EntryTable()
  readonly #labels: LabelArena
  readonly #free: FreeSeries
  #pairs = new Uint32Array(64)
  #idCount = 0
  #liveCount = 0
  #nextRef = 1
  #chunksCreated = 0
  #chunksRemoved = 0
  #histograms = 0
  #samples = 0
  #minTimeMs = Number.POSITIVE_INFINITY
  #validFromMs = Number.NEGATIVE_INFINITY
  #maxTimeMs = Number.NEGATIVE_INFINITY
  /** Of the samples that came since beginMinimum. */
  #newMinTimeMs = Number.POSITIVE_INFINITY

  constructor(
    rangeMs: number = limits.blockRangeMs,
    readonly encodings: HeadEncodings = plainEncodings(),
    pins: Pins = new Pins(),
    readonly memory: HeadMemory = new HeadMemory(),
  ) {
    this.#labels = new LabelArena(memory.series)
    this.#free = new FreeSeries(memory.series, this.#labels)
    this.pins = pins
    this.slots = new SlotAllocator(this.memory.chunks, pins)
    this.closed = new ClosedChunks(this.memory.chunks, pins)
    this.rangeMs = rangeMs
    const { slots, closed } = this
    const { series, chunks } = this.memory
    this.chunks = new OpenChunks({ series, chunks, slots, closed, rangeMs, encodings })
    this.outOfOrder = new OutOfOrderSamples({ memory: this.memory, slots, closed, encodings })
  }

  /** Series that there are. */
  get seriesCount(): number {
    return this.#liveCount
  }

  /** Ids below this have been given out. */
  get idCount(): number {
    return this.#idCount
  }

  /** Grows when an id has lost its series: whoever keeps ids looks them up again. */
  epoch = 0

  /** Ids of series that were made since takeUnlogged was last called. */
  readonly unlogged: number[] = []

  /** Whether it is among them: they are those that were made last. */
  isUnlogged(series: number): boolean {
    const { born } = this.memory.series
    return this.unlogged.length > 0 && born.get(series) >= born.get(this.unlogged[0] ?? 0)
  }

  isAlive(series: number): boolean {
    return series < this.#idCount && this.memory.series.born.get(series) !== neverBorn
  }

  /** -Infinity before the first sample was offered; see beginAt. */
  get maxTimeMs(): number {
    return this.#maxTimeMs
  }

  /** Whether it spans more than one and a half of a block's range: then the oldest is flushed. */
  get isFlushable(): boolean {
    return this.#maxTimeMs - this.#minTimeMs > this.rangeMs * 1.5
  }

  /** How far behind the newest samples and exemplars others are taken; 0 = they are not (row C7.1). */
  setOutOfOrderWindow(windowMs: number): void {
    this.outOfOrder.windowMs = windowMs
    this.exemplars.outOfOrderWindowMs = windowMs
  }

  /** What is older belongs to blocks: no query sees it in the head, and no sample before it is taken. */
  get validFromMs(): number {
    return this.#validFromMs
  }

  /** Queries that begin from now on read older samples elsewhere; see HeadTruncation. */
  setValidFrom(timeMs: number): void {
    this.#validFromMs = Math.max(this.#validFromMs, timeMs)
    this.#minTimeMs = Math.max(this.#minTimeMs, timeMs)
  }

  /** From now on samples are watched, until raiseMinimum. */
  beginMinimum(): void {
    this.#newMinTimeMs = Number.POSITIVE_INFINITY
  }

  /** The oldest sample, but for those that came since beginMinimum: nothing is flushed before it. */
  raiseMinimum(oldestMs: number): void {
    const minTimeMs = Math.min(oldestMs, this.#newMinTimeMs)
    if (Number.isFinite(minTimeMs)) this.#minTimeMs = Math.max(this.#minTimeMs, minTimeMs)
  }

  /** The series with these labels, created when new. */
  series(labels: Labels): SeriesId {
    assert(labels.size > 0, 'a series has at least one label')
    demandLabelsFit(labels)
    const { symbols } = this.memory
    if (this.#pairs.length < labels.size * 2) this.#pairs = new Uint32Array(labels.size * 4)
    for (let index = 0; index < labels.size; index++) {
      const at = index * 2
      this.#pairs[at] = symbols.internAt(at, labels.nameAt(index))
      this.#pairs[at + 1] = symbols.internAt(at + 1, labels.valueAt(index))
    }
    return this.#findOrCreate(labels.size * 2)
  }

  /** The same from UTF-8 texts. */
  seriesOfTexts(texts: LabelTexts): SeriesId {
    demandTextsFit(texts)
    return this.loggedSeries(texts)
  }

  /** The same of what the log holds, whatever its size: it was taken once. */
  loggedSeries(texts: LabelTexts): SeriesId {
    const { bytes, count } = texts
    const { symbols } = this.memory
    if (this.#pairs.length < count) this.#pairs = new Uint32Array(count * 2)
    for (let text = 0; text < count; text++) {
      this.#pairs[text] = symbols.internBytesAt(text, bytes, texts.start(text), texts.end(text))
    }
    return this.#findOrCreate(count)
  }

  /** The same of the pairs with the numbers[start .. end), in a head that nobody reads yet. */
  seriesOfPairs(
    { words }: NumberedPairs,
    numbers: Uint32Array,
    start: number,
    end: number,
  ): SeriesId {
    const length = (end - start) * 2
    if (this.#pairs.length < length) this.#pairs = new Uint32Array(length * 2)
    const pairs = this.#pairs
    for (let at = start, to = 0; at < end; at++, to += 2) {
      const pair = (numbers[at] ?? 0) * pairWords
      pairs[to] = words[pair + pairWord.name] ?? 0
      pairs[to + 1] = words[pair + pairWord.value] ?? 0
    }
    const hash = hashOf(pairs, length)
    const found = this.#lookUp(hash, length)
    if (found !== undefined) return found
    const series = this.#create(hash, length)
    const { index } = this.memory
    for (let at = start; at < end; at++) {
      index.addUnread(series, words[(numbers[at] ?? 0) * pairWords + pairWord.listed] ?? 0)
    }
    return seriesId(series)
  }

  /** The series with these labels, if there is one. */
  find(labels: Labels): SeriesId | undefined {
    const { symbols } = this.memory
    if (this.#pairs.length < labels.size * 2) this.#pairs = new Uint32Array(labels.size * 4)
    for (let index = 0; index < labels.size; index++) {
      const [name, value] = [labels.nameAt(index), labels.valueAt(index)].map((text) =>
        symbols.find(text),
      )
      if (name === undefined || name === noEntry) return undefined
      if (value === undefined || value === noEntry) return undefined
      this.#pairs[index * 2] = name
      this.#pairs[index * 2 + 1] = value
    }
    return this.#lookUp(hashOf(this.#pairs, labels.size * 2), labels.size * 2)
  }

  #findOrCreate(length: number): SeriesId {
    const hash = hashOf(this.#pairs, length)
    const found = this.#lookUp(hash, length)
    if (found !== undefined) return found
    const series = this.#create(hash, length)
    for (let at = 0; at < length; at += 2) {
      this.memory.index.add(series, this.#pairs[at] ?? 0, this.#pairs[at + 1] ?? 0)
    }
    return seriesId(series)
  }

  /** The series with the label set at hand. */
  #lookUp(hash: number, length: number): SeriesId | undefined {
    for (let place = this.#lookup.probe(hash, noEntry); place !== noEntry; ) {
      const series = this.#lookup.entryAt(place)
      if (this.#hasPairs(series, length)) return seriesId(series)
      place = this.#lookup.probe(hash, place)
    }
    return undefined
  }

  #hasPairs(series: number, length: number): boolean {
    const { labelStart, labelCount, labels } = this.memory.series
    if (labelCount.get(series) * 2 !== length) return false
    const start = labelStart.get(series)
    const segment = labels.segment(start >>> labels.shift)
    const from = start & labels.mask
    for (let index = 0; index < length; index++) {
      if (segment[from + index] !== this.#pairs[index]) return false
    }
    return true
  }

  /** The index does not name it yet. */
  #create(hash: number, length: number): number {
    const most = limits.headSeriesMax
    if (this.#liveCount >= most) {
      const words = `the head holds ${this.#liveCount} series, limit ${most}`
      throw new NarthexError('LIMIT_EXCEEDED', `${words}: no new series is taken`)
    }
    const series = this.#free.take() ?? this.#idCount++
    const columns = this.memory.series
    if (series >= columns.reserved) {
      columns.reserve(series + 1)
      this.memory.tombstones.reserve(columns.reserved)
    }
    this.memory.tombstones.clear(series)
    this.metadata.clear(series)
    columns.labelStart.set(series, this.#labels.write(this.#pairs, length))
    columns.labelCount.set(series, length / 2)
    columns.ref.set(series, this.#nextRef++)
    columns.oldestMs.set(series, Number.POSITIVE_INFINITY)
    this.memory.births.add(series)
    this.#liveCount++
    this.#lookup.insert(hash, series)
    this.unlogged.push(series)
    return series
  }

  /**
   * Nobody finds the series any more; its id and labels stay until freeAll. It has no sample left
   * and the log knows it. Answers its label set, whose pairs still list it.
   */
  forget(series: number): Uint32Array {
    const columns = this.memory.series
    const pairs = columns.labelSet(series)
    this.#lookup.remove(hashOf(pairs, pairs.length), series)
    columns.born.set(series, neverBorn)
    this.chunks.forget(series)
    this.#liveCount--
    return pairs
  }

  /** Ids and label runs of forgotten series that no list names and nobody reads any more. */
  freeAll(ids: PagedNumbers): void {
    this.#free.freeAll(ids)
  }

  /**
   * The first time that an empty head is offered is its newest until there is a sample: so the
   * bounds of the first transaction are those of the ones behind it.
   */
  beginAt(timestampMs: number): void {
    if (this.#maxTimeMs === Number.NEGATIVE_INFINITY) this.#maxTimeMs = timestampMs
  }

  /** Appends a sample newer than the series' newest. */
  append(series: number, timestampMs: number, high: number, low: number, startMs = 0): void {
    this.#countSample(timestampMs, this.chunks.append(series, timestampMs, startMs, high, low))
  }

  /** The same of samples `from` to `to`, as far as it is done in one go; see OpenChunks.appendRun. */
  appendRun(
    series: number,
    timestampsMs: Float64Array,
    halves: Uint32Array,
    from: number,
    to: number,
  ): number {
    const end = this.chunks.appendRun(series, timestampsMs, halves, from, to)
    if (end === from) return from
    this.#samples += end - from - 1
    this.#countSample(timestampsMs[from] ?? 0, false)
    this.#maxTimeMs = Math.max(this.#maxTimeMs, timestampsMs[end - 1] ?? 0)
    return end
  }

  /** The same of a histogram that may be stored; its counts are whole where it is not of floats. */
  appendHistogram(
    series: number,
    timestampMs: number,
    histogram: NativeHistogram,
    startMs = 0,
  ): void {
    const { histograms } = this.chunks
    this.#histograms++
    this.#countSample(timestampMs, histograms.append(series, timestampMs, startMs, histogram))
  }

  #countSample(timestampMs: number, isChunkOpened: boolean): void {
    if (isChunkOpened) this.#chunksCreated++
    this.#samples++
    if (timestampMs > this.#maxTimeMs) this.#maxTimeMs = timestampMs
    if (timestampMs < this.#minTimeMs) this.#minTimeMs = timestampMs
    if (timestampMs < this.#newMinTimeMs) this.#newMinTimeMs = timestampMs
  }

  /** Replay: a chunk that a head chunk file holds, newer than all that the series has. */
  attach(series: number, chunk: ClosedChunk): void {
    this.chunks.closeOpen(series)
    const previous = this.memory.series.chainOf(series)
    const entry = this.closed.adopt(chunk, previous)
    this.chunks.attach(series, entry, chunk)
    this.#chunksCreated++
    this.#samples += chunk.samples
    this.#maxTimeMs = Math.max(this.#maxTimeMs, chunk.maxTimeMs)
    this.#minTimeMs = Math.min(this.#minTimeMs, chunk.minTimeMs)
  }

  /** Replay: the open chunk of a memory snapshot, newer than all that the series has. */
  restoreOpen(series: number, chunk: SnapshotChunk): void {
    const samples = sampleCountOf(chunk.encoding, chunk.bytes)
    if (samples === 0) return
    this.chunks.restore(series, chunk)
    this.#chunksCreated++
    this.#samples += samples
    this.#maxTimeMs = Math.max(this.#maxTimeMs, chunk.maxTimeMs)
    this.#minTimeMs = Math.min(this.#minTimeMs, chunk.minTimeMs)
  }

  /** What is older is out of order, whatever its series has: as upstream, and never before blocks. */
  get inOrderFromMs(): number {
    return Math.max(this.#maxTimeMs - this.rangeMs / 2, this.#validFromMs)
  }

  ref(series: number): number {
    return this.memory.series.ref.get(series)
  }

  labels(series: number): Labels {
    const { series: columns, symbols } = this.memory
    const texts = Array.from(columns.labelSet(series), (symbol) => symbols.columns.text(symbol))
    return Labels.fromSortedPairs(texts)
  }

  /** So many chunks of samples in order have left. */
  countRemovedChunks(count: number): void {
    this.#chunksRemoved += count
  }

  /** Replay: the series keeps the ref it has in the log. */
  adoptRef(series: number, ref: number): void {
    this.memory.series.ref.set(series, ref)
  }

  /** The newest ref that a series was given, or that the log named. */
  get lastRef(): number {
    return this.#nextRef - 1
  }

  /** Replay: new series come behind every ref that the log names, whosever it was. */
  passRef(ref: number): void {
    if (ref >= this.#nextRef) this.#nextRef = ref + 1
  }

  update(sinceVersion: number): HeadUpdate {
    const { columns } = this.memory
    return {
      version: columns.version,
      segments: columns.segmentsSince(sinceVersion),
      published: {
        series: this.#idCount,
        births: this.memory.births.end,
        labels: this.memory.seenLabels(),
        minTimeMs: this.#minTimeMs,
        maxTimeMs: this.#maxTimeMs,
        validFromMs: this.#validFromMs,
        firstChunkFile: this.closed.firstFile,
        tombstones: this.memory.tombstones.count,
        outOfOrderListings: this.outOfOrder.listings,
        outOfOrder: this.outOfOrder.isUsed ? this.outOfOrder.span : undefined,
      },
    }
  }

  snapshot(ids: Uint32Array, count: number, sinceVersion: number): HeadSnapshot {
    const { columns } = this.memory
    const outOfOrder = this.outOfOrder.snapshot(ids, count)
    return {
      words: this.chunks.snapshot(ids, count),
      ...(outOfOrder === undefined ? {} : { outOfOrder }),
      version: columns.version,
      segments: columns.segmentsSince(sinceVersion),
    }
  }

  stats(): HeadStats {
    const { index, symbols, columns } = this.memory
    const chunksCreated = this.#chunksCreated + this.outOfOrder.chunksCreated
    const chunksRemoved = this.#chunksRemoved + this.outOfOrder.chunksRemoved
    const empty = this.#samples === 0 || this.#maxTimeMs < this.#validFromMs
    return {
      series: this.#liveCount,
      staleSeries: this.chunks.stale.count,
      histogramSeries: this.chunks.histograms.openCount,
      histogramBuckets: this.chunks.histograms.bucketCount,
      chunks: chunksCreated - chunksRemoved,
      chunksCreated,
      chunksRemoved,
      chunksWritten: this.closed.written,
      chunksQueued: { ...this.closed.queued },
      seriesCreated: this.memory.births.total,
      samplesAppended: this.#samples,
      histogramsAppended: this.#histograms,
      symbols: symbols.alive,
      labelPairs: index.alive,
      minTimeMs: empty ? undefined : this.#minTimeMs,
      maxTimeMs: empty ? undefined : this.#maxTimeMs,
      sharedBytes: columns.bytes,
    }
  }
}

function hashOf(pairs: Uint32Array, length: number): number {
  let hash = length
  for (let index = 0; index < length; index += 2) {
    hash = mixHash(hash ^ (pairs[index] ?? 0), pairs[index + 1] ?? 0)
  }
  return hash
}
