import { ByteWriter } from '../../base/byte-writer.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import type { LabelTexts } from '../../model/label-texts.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { ExemplarEncoder, type ExemplarRecord } from './exemplar-record.ts'
import { HistogramEncoder, histogramRecordType } from './histogram-record.ts'
import { LatestMetadata } from './latest-metadata.ts'
import {
  addSeries,
  addText,
  beginSeriesRecord,
  encodeSamples,
  recordType,
  type SampleRecord,
} from './record.ts'
import { isHistogramRecord, RecordDecoder, type RecordHandler } from './record-decoder.ts'
import { encodeStartSamples, type StartSampleRecord } from './start-sample-record.ts'
import { addTombstone, beginTombstoneRecord, type TombstoneRecord } from './tombstone-record.ts'

export interface CheckpointFilterOptions {
  /** Its answer for a ref must stay the same while a checkpoint is written. */
  readonly keepSeries: (ref: number) => boolean
  readonly minTimeMs: number
  /** Tombstones that end before it are dropped; those before minTimeMs where absent. */
  readonly tombstonesFromMs?: number | undefined
  /** Takes a record; its bytes are valid during the call. */
  readonly keep: (record: Uint8Array) => void
}

/**
 * What of a log a checkpoint keeps, record by record (upstream's rules, tsdb/wlog/checkpoint.go):
 * series that are wanted, samples, histograms and exemplars of all series from the minimum time on,
 * tombstones of wanted series that reach a time of their own, and the latest metadata of wanted
 * series, at the end. A record that is kept whole is copied as it is. Markers and unknown kinds are
 * dropped.
 */
export class CheckpointFilter implements RecordHandler {
  readonly #options: CheckpointFilterOptions
  readonly #decoder: RecordDecoder
  readonly #writer = new ByteWriter(65_536)
  readonly #customWriter = new ByteWriter(4096)
  readonly #exemplarEncoder = new ExemplarEncoder(this.#writer)
  readonly #histograms = new HistogramEncoder(this.#writer)
  readonly #customHistograms = new HistogramEncoder(this.#customWriter)
  readonly #metadata = new LatestMetadata()
  #record: Uint8Array = new Uint8Array(0)
  /** Of the record under way: rows that it has, and that are kept. */
  #rows = 0
  #kept = 0
  /** Some of its histograms go into a record of their own. */
  #isSplit = false

  constructor(options: CheckpointFilterOptions) {
    this.#options = options
    this.#decoder = new RecordDecoder(this)
  }

  /** Throws ByteReadError; then nothing of the record is kept. */
  take(record: Uint8Array): void {
    this.#record = record
    this.#rows = 0
    this.#kept = 0
    this.#isSplit = false
    const type = record[0] ?? 0
    const isHistograms = isHistogramRecord(type)
    if (type === recordType.series) beginSeriesRecord(this.#writer)
    if (isHistograms) {
      this.#histograms.begin(type)
      this.#customHistograms.begin(type)
    }
    const passedOver = this.#decoder.histogramsPassedOver
    this.#decoder.take(record)
    this.#rows += this.#decoder.histogramsPassedOver - passedOver
    if (type === recordType.series) this.#keepWriter()
    else if (isHistograms) this.#keepHistograms()
  }

  /** The metadata, record by record: take them behind the last record of the log. */
  finish(): Generator<Uint8Array> {
    return this.#metadata.records()
  }

  readonly series = (ref: number, texts: LabelTexts): void => {
    this.#rows++
    if (!this.#options.keepSeries(ref)) return
    this.#kept++
    addSeries(this.#writer, ref, texts.count / 2)
    for (let text = 0; text < texts.count; text++) {
      addText(this.#writer, texts.bytes, texts.start(text), texts.end(text))
    }
  }

  samples(columns: SampleRecord): void {
    const kept = this.#closeUp(columns)
    if (this.#keptWhole(kept, columns.count)) return
    encodeSamples(this.#writer, columns, 0, kept)
    this.#options.keep(this.#writer.view())
  }

  startSamples(columns: StartSampleRecord): void {
    const kept = this.#closeUp(columns, columns.startsMs)
    if (this.#keptWhole(kept, columns.count)) return
    encodeStartSamples(this.#writer, columns, 0, kept)
    this.#options.keep(this.#writer.view())
  }

  readonly histogram = (
    ref: number,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): void => {
    this.#rows++
    if (timestampMs < this.#options.minTimeMs) return
    this.#kept++
    const type = this.#record[0] ?? 0
    const wanted = histogramRecordType(histogram, type >= recordType.startHistogramSamples)
    // Versions before the records of custom buckets had them among the others.
    const encoder = wanted === type ? this.#histograms : this.#customHistograms
    if (encoder === this.#customHistograms) {
      if (encoder.rows === 0) encoder.begin(wanted)
      this.#isSplit = true
    }
    encoder.add(ref, timestampMs, startMs, histogram)
  }

  tombstones(columns: TombstoneRecord): void {
    const { refs, minTimesMs, maxTimesMs, count } = columns
    const { minTimeMs, tombstonesFromMs = minTimeMs, keepSeries } = this.#options
    beginTombstoneRecord(this.#writer)
    let kept = 0
    for (let row = 0; row < count; row++) {
      const ref = refs[row] ?? 0
      const maxTimeMs = maxTimesMs[row] ?? 0
      if (maxTimeMs < tombstonesFromMs || !keepSeries(ref)) continue
      addTombstone(this.#writer, ref, minTimesMs[row] ?? 0, maxTimeMs)
      kept++
    }
    if (!this.#keptWhole(kept, count)) this.#options.keep(this.#writer.view())
  }

  exemplars(columns: ExemplarRecord): void {
    const { refs, timestampsMs, values, labelStart, labelEnd, bytes, count } = columns
    const halves = halvesOf(values)
    this.#exemplarEncoder.begin()
    let kept = 0
    for (let row = 0; row < count; row++) {
      const timestampMs = timestampsMs[row] ?? 0
      if (timestampMs < this.#options.minTimeMs) continue
      const labels = bytes.subarray(labelStart[row], labelEnd[row])
      this.#exemplarEncoder.add(refs[row] ?? 0, timestampMs, halves, row, labels)
      kept++
    }
    if (!this.#keptWhole(kept, count)) this.#options.keep(this.#writer.view())
  }

  readonly metadata = this.#metadata.takerOf((ref) => this.#options.keepSeries(ref))

  /** True where there is nothing more to do: the record is kept as it is, or nothing of it. */
  #keptWhole(kept: number, rows: number): boolean {
    if (kept === 0) return true
    if (kept < rows) return false
    this.#options.keep(this.#record)
    return true
  }

  #keepWriter(): void {
    if (!this.#keptWhole(this.#kept, this.#rows)) this.#options.keep(this.#writer.view())
  }

  #keepHistograms(): void {
    if (!this.#isSplit && this.#keptWhole(this.#kept, this.#rows)) return
    if (this.#histograms.rows > 0) this.#options.keep(this.#writer.view())
    if (this.#customHistograms.rows > 0) this.#options.keep(this.#customWriter.view())
  }

  /** Moves what is new enough to the front of the columns, values as bits; answers how many. */
  #closeUp(columns: SampleRecord, startsMs?: Float64Array): number {
    const { refs, timestampsMs, values, count } = columns
    const halves = halvesOf(values)
    let kept = 0
    for (let row = 0; row < count; row++) {
      const timestampMs = timestampsMs[row] ?? 0
      if (timestampMs < this.#options.minTimeMs) continue
      if (kept < row) {
        refs[kept] = refs[row] ?? 0
        timestampsMs[kept] = timestampMs
        halves[kept * 2] = halves[row * 2] ?? 0
        halves[kept * 2 + 1] = halves[row * 2 + 1] ?? 0
        if (startsMs !== undefined) startsMs[kept] = startsMs[row] ?? 0
      }
      kept++
    }
    return kept
  }
}
