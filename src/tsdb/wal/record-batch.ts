import { halvesOf } from '../../model/stale-nan.ts'
import { decodeSamples, emptySampleRecord, recordType, type SampleRecord } from './record.ts'
import type { RecordDecoder } from './record-decoder.ts'

const rowsAtFirst = 32_768
const bytesAtFirst = 512 * 1024
const itemsMax = 8_192
/** In `items`, in place of a record's length: so many rows of samples, counted from here down. */
const samplesMark = -1

/** How a batch goes from one thread to another: its buffers are handed over, not copied. */
export interface RecordBatchMessage {
  /** The segment's place in the list that was asked for. */
  readonly segment: number
  /** `segment`: its last one; `trouble`: here is something that only a SegmentScan can judge. */
  readonly end: 'more' | 'segment' | 'trouble'
  readonly records: number
  readonly items: Int32Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly refs: Float64Array<ArrayBuffer>
  readonly timestampsMs: Float64Array<ArrayBuffer>
  readonly values: Float64Array<ArrayBuffer>
}

/**
 * Records of one segment in their order: those of samples decoded, as most are, the others as bytes.
 * Its memory is used again.
 */
export class RecordBatch {
  segment = 0
  end: RecordBatchMessage['end'] = 'more'
  records = 0
  #items: Int32Array<ArrayBuffer>
  #bytes: Uint8Array<ArrayBuffer>
  #refs: Float64Array<ArrayBuffer>
  #timestampsMs: Float64Array<ArrayBuffer>
  #values: Float64Array<ArrayBuffer>
  #byteCount = 0
  #rowCount = 0

  constructor(message?: RecordBatchMessage) {
    this.segment = message?.segment ?? 0
    this.end = message?.end ?? 'more'
    this.records = message?.records ?? 0
    this.#items = message?.items ?? new Int32Array(itemsMax)
    this.#bytes = message?.bytes ?? new Uint8Array(bytesAtFirst)
    this.#refs = message?.refs ?? new Float64Array(rowsAtFirst)
    this.#timestampsMs = message?.timestampsMs ?? new Float64Array(rowsAtFirst)
    this.#values = message?.values ?? new Float64Array(rowsAtFirst)
  }

  toMessage(): { readonly message: RecordBatchMessage; readonly transfer: ArrayBuffer[] } {
    const message = {
      segment: this.segment,
      end: this.end,
      records: this.records,
      items: this.#items,
      bytes: this.#bytes,
      refs: this.#refs,
      timestampsMs: this.#timestampsMs,
      values: this.#values,
    }
    const { items, bytes, refs, timestampsMs, values } = message
    const transfer = [items, bytes, refs, timestampsMs, values].map(({ buffer }) => buffer)
    return { message, transfer }
  }

  begin(segment: number): void {
    this.segment = segment
    this.end = 'more'
    this.records = 0
    this.#byteCount = 0
    this.#rowCount = 0
  }

  /** False where it has no room for the record; an empty one takes any. Throws ByteReadError. */
  add(record: Uint8Array): boolean {
    if (this.records === itemsMax) return false
    const isAdded =
      record[0] === recordType.samples ? this.#addRows(record) : this.#addBytes(record)
    if (isAdded) this.records++
    return isAdded
  }

  #addRows(record: Uint8Array): boolean {
    decodeSamples(record, decoded)
    const start = this.#rowCount
    const end = start + decoded.count
    if (end > this.#refs.length) {
      if (start > 0) return false
      this.#refs = new Float64Array(end)
      this.#timestampsMs = new Float64Array(end)
      this.#values = new Float64Array(end)
    }
    this.#refs.set(decoded.refs.subarray(0, decoded.count), start)
    this.#timestampsMs.set(decoded.timestampsMs.subarray(0, decoded.count), start)
    // The bits: see model/stale-nan.
    halvesOf(this.#values).set(halvesOf(decoded.values).subarray(0, decoded.count * 2), start * 2)
    this.#items[this.records] = samplesMark - decoded.count
    this.#rowCount = end
    return true
  }

  #addBytes(record: Uint8Array): boolean {
    const end = this.#byteCount + record.length
    if (end > this.#bytes.length) {
      if (this.#byteCount > 0) return false
      this.#bytes = new Uint8Array(end)
    }
    this.#bytes.set(record, this.#byteCount)
    this.#items[this.records] = record.length
    this.#byteCount = end
    return true
  }

  /**
   * Hands its records on; `taken` is called after each. Throws ByteReadError for the one that does
   * not hold.
   */
  give(decoder: RecordDecoder, taken: () => void): void {
    let row = 0
    let at = 0
    for (let index = 0; index < this.records; index++) {
      const item = this.#items[index] ?? 0
      if (item <= samplesMark) {
        const end = row + samplesMark - item
        decoder.takeSamples(this.#rows(row, end))
        row = end
      } else {
        decoder.take(this.#bytes.subarray(at, at + item))
        at += item
      }
      taken()
    }
  }

  #rows(start: number, end: number): SampleRecord {
    return {
      refs: this.#refs.subarray(start, end),
      timestampsMs: this.#timestampsMs.subarray(start, end),
      values: this.#values.subarray(start, end),
      count: end - start,
    }
  }
}

const decoded = emptySampleRecord()
