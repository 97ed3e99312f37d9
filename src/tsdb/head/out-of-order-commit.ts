import { ByteWriter } from '../../base/byte-writer.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { addMmapMarker, beginMmapMarkerRecord } from '../wal/mmap-marker-record.ts'
import { encodeSamples } from '../wal/record.ts'
import { encodeStartSamples } from '../wal/start-sample-record.ts'
import type { Head } from './head.ts'
import type { SampleLog } from './sample-log.ts'
import { eachStaged, type StagedStep } from './staged-histograms.ts'
import { StagedSamples, samplesPerRecord } from './staged-samples.ts'

/** In a marker: the chunk is in no file, and the log's samples stand for it. */
const unwrittenFile = 0xffffffff

/** Markers of one record of the log. */
const markersPerRecord = 16_384

/**
 * The log of out-of-order samples (rows T2.8, T3.3), and how they get into memory: samples are
 * logged, then inserted; when a slab is full its chunk is written, and the marker that says so comes
 * into the log before the series' next sample. The log is opened when there is something to log.
 */
export class OutOfOrderCommit {
  readonly #head: Head
  readonly #log: () => SampleLog
  readonly #staged = new StagedSamples()
  readonly #writer = new ByteWriter(4096)
  /**
   * Series and entries of chunks without a marker in the log yet: their markers come before the next
   * samples, whenever those are logged.
   */
  #closedSeries = new Uint32Array(64)
  #closedEntries = new Uint32Array(64)
  #closedCount = 0
  #isStaged = false
  /** Of the step at hand, and the first of the transaction. */
  #round = 1
  #firstRound = 1

  constructor(head: Head, log: () => SampleLog) {
    this.#head = head
    this.#log = log
  }

  /** Takes element `index` of the halves. */
  stage(
    id: number,
    timestampMs: number,
    startMs: number,
    halves: Uint32Array,
    index: number,
  ): void {
    const staged = this.#staged
    this.#expect(id)
    if (staged.histograms.typeOf(id) !== undefined) staged.histograms.endStep(staged.count)
    staged.reserve(1)
    const at = staged.count++
    staged.ids[at] = id
    staged.refs[at] = this.#head.ref(id)
    staged.timestampsMs[at] = timestampMs
    staged.startsMs[at] = startMs
    const stagedHalves = halvesOf(staged.values)
    stagedHalves[at * 2] = halves[index * 2] ?? 0
    stagedHalves[at * 2 + 1] = halves[index * 2 + 1] ?? 0
  }

  stageHistogram(
    id: number,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): void {
    const { histograms, count } = this.#staged
    this.#expect(id)
    const row = { id, ref: this.#head.ref(id), timestampMs, startMs }
    histograms.add(row, histogram, this.#head.encodings.storesStarts, count)
  }

  /** Begins a new step where the series' slab would be closed with samples of this step in it. */
  #expect(id: number): void {
    this.#isStaged = true
    if (this.#head.outOfOrder.expect(id, this.#round, this.#firstRound)) return
    this.#round++
    this.#staged.histograms.endStep(this.#staged.count)
    this.#head.outOfOrder.expect(id, this.#round, this.#firstRound)
  }

  /**
   * Logs what is staged and inserts it, step by step. Throws TSDB_READ_ONLY where the log cannot be
   * written; what is not in the log then is not in memory either.
   */
  run(): void {
    const staged = this.#staged
    if (!this.#isStaged) return
    try {
      let from = 0
      for (const step of staged.histograms.steps(staged.count)) {
        this.#runStep(from, step)
        from = step.floatsEnd
      }
    } catch (thrown) {
      this.#head.outOfOrder.removeEmpty()
      throw thrown
    } finally {
      this.#isStaged = false
      staged.count = 0
      staged.histograms.clear()
      this.#firstRound = ++this.#round
    }
  }

  #runStep(from: number, { floatsEnd, records }: StagedStep): void {
    const staged = this.#staged
    this.#makeRoom(staged.ids.subarray(from, floatsEnd), records)
    const bytes: Uint8Array[] = []
    const encode = this.#head.encodings.storesStarts ? encodeStartSamples : encodeSamples
    for (let start = from; start < floatsEnd; start += samplesPerRecord) {
      encode(this.#writer, staged, start, Math.min(floatsEnd, start + samplesPerRecord))
      bytes.push(this.#writer.copy())
    }
    this.#write([...bytes, ...records.map((record) => record.bytes)])
    const { outOfOrder } = this.#head
    const halves = halvesOf(staged.values)
    for (let index = from; index < floatsEnd; index++) {
      const [id, timeMs] = [staged.ids[index] ?? 0, staged.timestampsMs[index] ?? 0]
      const [low, high] = [halves[index * 2] ?? 0, halves[index * 2 + 1] ?? 0]
      const startMs = staged.startsMs[index] ?? 0
      if (outOfOrder.insert(id, timeMs, high, low, startMs)) outOfOrder.appended.floats++
    }
    for (const record of records) {
      eachStaged(record, (id, timestampMs, startMs, histogram) => {
        if (!outOfOrder.insertHistogram(id, timestampMs, histogram, startMs)) return
        outOfOrder.appended.histograms++
      })
    }
  }

  /** Samples with a time that a slab has take none of its room: it may have more than expected. */
  #makeRoom(ids: Uint32Array, records: StagedStep['records']): void {
    const { outOfOrder } = this.#head
    const all = [ids, ...records.map((record) => record.ids)]
    for (const each of all) for (const id of each) outOfOrder.announce(id)
    for (const each of all) {
      for (const id of each) {
        if (outOfOrder.needsRoom(id)) outOfOrder.close(id, (entry) => this.#note(id, entry))
      }
    }
  }

  #note(id: number, entry: number): void {
    const at = this.#closedCount++
    if (at === this.#closedSeries.length) {
      const [series, entries] = [this.#closedSeries, this.#closedEntries]
      this.#closedSeries = new Uint32Array(at * 2)
      this.#closedSeries.set(series)
      this.#closedEntries = new Uint32Array(at * 2)
      this.#closedEntries.set(entries)
    }
    this.#closedSeries[at] = id
    this.#closedEntries[at] = entry
  }

  /** Closes the slabs of series, whose chunks are to go to a block, and logs the markers. */
  seal(series: Uint32Array): void {
    const { outOfOrder } = this.#head
    series.forEach((id) => {
      outOfOrder.seal(id, (entry) => this.#note(id, entry))
    })
    this.#write([])
  }

  #write(records: readonly Uint8Array[]): void {
    const { closed, memory } = this.#head
    // Only then is it known where chunks stand: what the disk does not take stays in memory.
    if (this.#closedCount > 0) closed.flush()
    const all: Uint8Array[] = []
    for (let start = 0; start < this.#closedCount; start += markersPerRecord) {
      beginMmapMarkerRecord(this.#writer)
      const end = Math.min(this.#closedCount, start + markersPerRecord)
      for (let at = start; at < end; at++) {
        const entry = this.#closedEntries[at] ?? 0
        const file = memory.chunks.file(entry)
        const offset = file === 0 ? 0 : memory.chunks.place(entry)
        const ref = this.#head.ref(this.#closedSeries[at] ?? 0)
        addMmapMarker(this.#writer, ref, file === 0 ? unwrittenFile : file, offset)
      }
      all.push(this.#writer.copy())
    }
    all.push(...records)
    if (all.length > 0) this.#log().log(all)
    this.#closedCount = 0
  }
}
