import { ByteWriter } from '../../base/byte-writer.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { decodeHistograms, HistogramEncoder, histogramRecordType } from '../wal/histogram-record.ts'
import { recordType } from '../wal/record.ts'

/** A record ends with the histogram that passes this: it stays far below a segment. */
const recordBytesAimed = 1 << 20

/** A record of the log, and the series of its histograms in turn. */
interface HistogramRecord {
  readonly bytes: Uint8Array
  readonly ids: Uint32Array
}

/** Floats up to `floatsEnd` (behind those of the step before), then histograms. */
export interface StagedStep {
  readonly floatsEnd: number
  readonly records: readonly HistogramRecord[]
}

const noRecords: readonly HistogramRecord[] = []

/** Where a histogram belongs; `startMs` 0 = none. */
interface HistogramRow {
  readonly id: number
  readonly ref: number
  readonly timestampMs: number
  readonly startMs: number
}

/** The record of one type that is being written. */
class OpenRecord {
  readonly #writer = new ByteWriter(1024)
  readonly #encoder = new HistogramEncoder(this.#writer)
  readonly #type: number
  #ids = new Uint32Array(64)
  #count = 0

  constructor(type: number) {
    this.#type = type
  }

  get isFull(): boolean {
    return this.#count > 0 && this.#writer.length >= recordBytesAimed
  }

  add({ id, ref, timestampMs, startMs }: HistogramRow, histogram: NativeHistogram): void {
    if (this.#count === 0) this.#encoder.begin(this.#type)
    if (this.#count === this.#ids.length) {
      const ids = new Uint32Array(this.#count * 2)
      ids.set(this.#ids)
      this.#ids = ids
    }
    this.#ids[this.#count++] = id
    this.#encoder.add(ref, timestampMs, startMs, histogram)
  }

  /** What was added, if anything. */
  take(): HistogramRecord | undefined {
    if (this.#count === 0) return undefined
    const record = { bytes: this.#writer.copy(), ids: this.#ids.slice(0, this.#count) }
    this.#count = 0
    return record
  }

  clear(): void {
    this.#count = 0
  }
}

/**
 * The histograms of a transaction, as the very records that the log will get. As in upstream, a
 * transaction is cut into steps in which a series has samples of one kind, floats before
 * histograms: so the log's order is that of time for each series.
 */
export class StagedHistograms {
  readonly #open: ReadonlyMap<number, OpenRecord> = new Map(
    [
      recordType.histogramSamples,
      recordType.customBucketHistogramSamples,
      recordType.floatHistogramSamples,
      recordType.customBucketFloatHistogramSamples,
      recordType.startHistogramSamples,
      recordType.startFloatHistogramSamples,
    ].map((type) => [type, new OpenRecord(type)]),
  )
  /** The record type of each series with a histogram in the step at hand. */
  readonly #types = new Map<number, number>()
  readonly #steps: StagedStep[] = []
  #records: HistogramRecord[] = []

  /** The record type of the series' histograms in the step at hand. */
  typeOf(id: number): number | undefined {
    return this.#types.size === 0 ? undefined : this.#types.get(id)
  }

  /**
   * `floats` are staged by now. A stale marker has the type that the series has. `withStart` is the
   * same for all of a transaction.
   */
  add(row: HistogramRow, histogram: NativeHistogram, withStart: boolean, floats: number): void {
    const { id } = row
    const known = this.#types.get(id)
    const isSame =
      histogram.isStale && known !== undefined && isOfFloats(known) === histogram.isFloat
    const type: number = isSame ? known : histogramRecordType(histogram, withStart)
    if (known !== undefined && known !== type) this.endStep(floats)
    this.#types.set(id, type)
    const record = this.#open.get(type)
    record?.add(row, histogram)
    if (record?.isFull === true) this.#take(record)
  }

  /** What is staged from now on comes behind all that is staged by now. */
  endStep(floats: number): void {
    const hasAny = this.#types.size > 0
    if (hasAny) for (const record of this.#open.values()) this.#take(record)
    this.#steps.push({ floatsEnd: floats, records: hasAny ? this.#records : noRecords })
    this.#forgetStep(hasAny)
  }

  /** Most have none: an empty Map that is cleared gets a new table all the same. */
  #forgetStep(hasAny: boolean): void {
    if (!hasAny) return
    this.#records = []
    this.#types.clear()
  }

  #take(record: OpenRecord): void {
    const taken = record.take()
    if (taken !== undefined) this.#records.push(taken)
  }

  /** Everything, in the order of the log. */
  steps(floats: number): readonly StagedStep[] {
    this.endStep(floats)
    return this.#steps
  }

  clear(): void {
    const hasAny = this.#types.size > 0
    if (hasAny) for (const record of this.#open.values()) record.clear()
    this.#forgetStep(hasAny)
    this.#steps.length = 0
  }
}

/** Whether a record type is of float histograms. */
export function isOfFloats(type: number): boolean {
  return (
    type === recordType.floatHistogramSamples ||
    type === recordType.customBucketFloatHistogramSamples ||
    type === recordType.startFloatHistogramSamples
  )
}

const decoded = new NativeHistogram()

/** Hands on the histograms of a staged record; the histogram is used again for the next. */
export function eachStaged(
  { bytes, ids }: HistogramRecord,
  visit: (id: number, timestampMs: number, startMs: number, histogram: NativeHistogram) => void,
): void {
  let index = 0
  decodeHistograms(bytes, decoded, (_ref, timestampMs, startMs, histogram) => {
    visit(ids[index++] ?? 0, timestampMs, startMs, histogram)
  })
}
