import { assert } from '../../base/assert.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { CoveredTimes } from './covered-times.ts'
import { recordType, type SampleRecord } from './record.ts'
import type { RecordDecoder } from './record-decoder.ts'
import { decodeSampleRows, sampleRowsMax } from './sample-rows.ts'

const rowsAtFirst = 32_768
const bytesAtFirst = 256 * 1024
const itemsMax = 8_192
/** In `items`, in place of a record's length: so many rows of samples, counted from here down. */
const samplesMark = -1

/** What a batch holds, seen by both threads. */
interface BatchMemory {
  readonly items: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
  readonly refs: Float64Array<SharedArrayBuffer>
  readonly timestampsMs: Float64Array<SharedArrayBuffer>
  readonly values: Float64Array<SharedArrayBuffer>
}

/** How a batch goes to the other thread, which may look into it until it gives it back. */
export interface RecordBatchMessage {
  readonly number: number
  /** The segment's place in the list that was asked for. */
  readonly segment: number
  /** `segment`: its last one; `trouble`: here is something that only a SegmentScan can judge. */
  readonly end: 'more' | 'segment' | 'trouble'
  readonly records: number
  /** Where it is not what this batch had the last time. */
  readonly memory: BatchMemory | undefined
}

/**
 * Records of one segment in their order: those of samples decoded, as most are, the others as bytes.
 * Its memory is used again.
 */
export class RecordBatch {
  segment = 0
  end: RecordBatchMessage['end'] = 'more'
  records = 0
  readonly number: number
  #memory: BatchMemory
  #isNew = true
  #byteCount = 0
  #rowCount = 0

  constructor(number = 0, memory = newMemory(rowsAtFirst, bytesAtFirst)) {
    this.number = number
    this.#memory = memory
  }

  /** The other thread's side of a batch; `before` is what it had of it. */
  static of(message: RecordBatchMessage, before: RecordBatch | undefined): RecordBatch {
    const { number, segment, end, records } = message
    const memory = message.memory ?? (before === undefined ? undefined : before.#memory)
    assert(memory !== undefined, `batch ${number} comes without memory`)
    const batch = new RecordBatch(number, memory)
    batch.segment = segment
    batch.end = end
    batch.records = records
    return batch
  }

  toMessage(): RecordBatchMessage {
    const { number, segment, end, records } = this
    const memory = this.#isNew ? this.#memory : undefined
    this.#isNew = false
    return { number, segment, end, records, memory }
  }

  begin(segment: number): void {
    this.segment = segment
    this.end = 'more'
    this.records = 0
    this.#byteCount = 0
    this.#rowCount = 0
  }

  /** False where it has no room for the record; an empty one takes any. Throws ByteReadError. */
  add(record: Uint8Array, covered?: CoveredTimes): boolean {
    if (this.records === itemsMax) return false
    const isAdded =
      record[0] === recordType.samples ? this.#addRows(record, covered) : this.#addBytes(record)
    if (isAdded) this.records++
    return isAdded
  }

  #addRows(record: Uint8Array, covered: CoveredTimes | undefined): boolean {
    const start = this.#rowCount
    const rowsMax = sampleRowsMax(record)
    if (start + rowsMax > this.#memory.refs.length) {
      if (start > 0) return false
      this.#replace(newMemory(rowsMax, this.#memory.bytes.length))
    }
    const end = decodeSampleRows(record, this.#memory, start, covered)
    this.#memory.items[this.records] = samplesMark - (end - start)
    this.#rowCount = end
    return true
  }

  #addBytes(record: Uint8Array): boolean {
    const end = this.#byteCount + record.length
    if (end > this.#memory.bytes.length) {
      if (this.#byteCount > 0) return false
      this.#replace(newMemory(this.#memory.refs.length, end))
    }
    this.#memory.bytes.set(record, this.#byteCount)
    this.#memory.items[this.records] = record.length
    this.#byteCount = end
    return true
  }

  /** What it holds by now moves into larger memory. */
  #replace(memory: BatchMemory): void {
    const { items, bytes, refs, timestampsMs, values } = this.#memory
    memory.items.set(items)
    memory.bytes.set(bytes.subarray(0, this.#byteCount))
    memory.refs.set(refs.subarray(0, this.#rowCount))
    memory.timestampsMs.set(timestampsMs.subarray(0, this.#rowCount))
    // The bits: see model/stale-nan.
    halvesOf(memory.values).set(halvesOf(values).subarray(0, this.#rowCount * 2))
    this.#memory = memory
    this.#isNew = true
  }

  /**
   * Hands its records on; `taken` is called after each. Throws ByteReadError for the one that does
   * not hold.
   */
  give(decoder: RecordDecoder, taken: () => void): void {
    const { items } = this.#memory
    let row = 0
    let at = 0
    for (let index = 0; index < this.records; index++) {
      const item = items[index] ?? 0
      if (item <= samplesMark) {
        const end = row + samplesMark - item
        if (end > row) decoder.takeSamples(this.#rows(row, end))
        row = end
      } else {
        // A copy, since not everything takes texts out of shared memory.
        decoder.take(this.#memory.bytes.slice(at, at + item))
        at += item
      }
      taken()
    }
  }

  #rows(start: number, end: number): SampleRecord {
    const { refs, timestampsMs, values } = this.#memory
    return {
      refs: refs.subarray(start, end),
      timestampsMs: timestampsMs.subarray(start, end),
      values: values.subarray(start, end),
      count: end - start,
    }
  }
}

function newMemory(rows: number, bytes: number): BatchMemory {
  const { BYTES_PER_ELEMENT } = Float64Array
  const column = () => new Float64Array(new SharedArrayBuffer(rows * BYTES_PER_ELEMENT))
  return {
    items: new Int32Array(new SharedArrayBuffer(itemsMax * Int32Array.BYTES_PER_ELEMENT)),
    bytes: new Uint8Array(new SharedArrayBuffer(bytes)),
    refs: column(),
    timestampsMs: column(),
    values: column(),
  }
}
