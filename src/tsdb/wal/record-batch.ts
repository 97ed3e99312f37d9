import { assert } from '../../base/assert.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { CoveredRows } from './covered-spans.ts'
import type { InternedSeries } from './interned-series.ts'
import { readSampleRows } from './read-sample-rows.ts'
import { recordType, type SampleRecord } from './record.ts'
import type { RecordDecoder } from './record-decoder.ts'
import { sampleRowsMax } from './sample-rows.ts'
import { numberedPairWords, numberedSeriesHead, type SeriesNumbers } from './series-numbers.ts'

const rowsAtFirst = 32_768
const bytesAtFirst = 256 * 1024
const wordsAtFirst = 32_768
const itemsMax = 8_192
/** In `items`, in place of a record's length: so many rows of samples, counted from here down. */
const samplesMark = -1
/** The same of numbered series: no record has so many rows that they would come down to it. */
const seriesMark = -(2 ** 30)

/** What a batch holds, seen by both threads. */
interface BatchMemory {
  readonly items: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
  readonly words: Uint32Array<SharedArrayBuffer>
  readonly refs: Float64Array<SharedArrayBuffer>
  readonly timestampsMs: Float64Array<SharedArrayBuffer>
  readonly values: Float64Array<SharedArrayBuffer>
}

/** How a batch goes to the other thread, which may look into it until it gives it back. */
export interface RecordBatchMessage {
  readonly number: number
  readonly place: BatchPlace
  /** In the segment: where the record behind its last one begins. */
  readonly stop: number
  /**
   * `piece`, `segment`: the last one of it; `trouble`: here is something that only a SegmentScan can
   * judge.
   */
  readonly end: 'more' | 'piece' | 'segment' | 'trouble'
  readonly records: number
  /** Where it is not what this batch had the last time. */
  readonly memory: BatchMemory | undefined
}

/** Where a batch's records come from. */
export interface BatchPlace {
  /** The reader's number, and the segment's place in the list that it was given. */
  readonly reader: number
  readonly segment: number
  /** In the segment: where the batch's first record begins. */
  readonly start: number
}

/** What the reader of a log knows of what it has read before. */
export interface ReaderKnowledge {
  readonly covered: CoveredRows | undefined
  readonly numbers: SeriesNumbers
}

/**
 * Records of one segment in their order: those of samples decoded and those of series numbered, as
 * most are, the others as bytes. Its memory is used again.
 */
export class RecordBatch {
  place: BatchPlace = { reader: 0, segment: 0, start: 0 }
  stop = 0
  end: RecordBatchMessage['end'] = 'more'
  records = 0
  readonly number: number
  #memory: BatchMemory
  #isNew = true
  #byteCount = 0
  #wordCount = 0
  #rowCount = 0

  constructor(number = 0, memory = newMemory(rowsAtFirst, bytesAtFirst, wordsAtFirst)) {
    this.number = number
    this.#memory = memory
  }

  /** The other thread's side of a batch; `before` is what it had of it. */
  static of(message: RecordBatchMessage, before: RecordBatch | undefined): RecordBatch {
    const { number, place, stop, end, records } = message
    const memory = message.memory ?? (before === undefined ? undefined : before.#memory)
    assert(memory !== undefined, `batch ${number} comes without memory`)
    const batch = new RecordBatch(number, memory)
    batch.place = place
    batch.stop = stop
    batch.end = end
    batch.records = records
    return batch
  }

  toMessage(): RecordBatchMessage {
    const { number, place, stop, end, records } = this
    const memory = this.#isNew ? this.#memory : undefined
    this.#isNew = false
    return { number, place, stop, end, records, memory }
  }

  begin(place: BatchPlace): void {
    this.place = place
    this.stop = place.start
    this.end = 'more'
    this.records = 0
    this.#byteCount = 0
    this.#wordCount = 0
    this.#rowCount = 0
  }

  /** False where it has no room for the record; an empty one takes any. Throws ByteReadError. */
  add(record: Uint8Array, known: ReaderKnowledge): boolean {
    if (this.records === itemsMax) return false
    const isAdded = this.#addAny(record, known)
    if (isAdded) this.records++
    return isAdded
  }

  /** In place of a record of samples that nobody needs; false where it has no room. */
  pass(): boolean {
    if (this.records === itemsMax) return false
    this.#memory.items[this.records++] = samplesMark
    return true
  }

  #addAny(record: Uint8Array, { covered, numbers }: ReaderKnowledge): boolean {
    if (record[0] === recordType.samples) return this.#addRows(record, covered)
    const isNumbered = record[0] === recordType.series && !numbers.passesOver(record)
    return isNumbered ? this.#addSeries(record, numbers) : this.#addBytes(record)
  }

  #addSeries(record: Uint8Array, numbers: SeriesNumbers): boolean {
    numbers.take(record)
    const { words, wordCount, newBytes, newByteCount } = numbers
    const byteEnd = this.#byteCount + newByteCount
    const wordEnd = this.#wordCount + wordCount
    const { bytes, words: room } = this.#memory
    if (byteEnd > bytes.length || wordEnd > room.length) {
      if (this.records > 0) return false
      this.#grow({ bytes: byteEnd, words: wordEnd })
    }
    this.#memory.bytes.set(newBytes.subarray(0, newByteCount), this.#byteCount)
    this.#memory.words.set(words.subarray(0, wordCount), this.#wordCount)
    this.#memory.items[this.records] = seriesMark - numbers.series
    this.#byteCount = byteEnd
    this.#wordCount = wordEnd
    numbers.handedOn()
    return true
  }

  #addRows(record: Uint8Array, covered: CoveredRows | undefined): boolean {
    const start = this.#rowCount
    const rowsMax = sampleRowsMax(record)
    if (start + rowsMax > this.#memory.refs.length) {
      if (start > 0) return false
      this.#grow({ rows: rowsMax })
    }
    const read = readSampleRows(record, this.#memory, start, covered?.times)
    const end = covered?.leaveOut(this.#memory, start, read) ?? read
    this.#memory.items[this.records] = samplesMark - (end - start)
    this.#rowCount = end
    return true
  }

  #addBytes(record: Uint8Array): boolean {
    const end = this.#byteCount + record.length
    if (end > this.#memory.bytes.length) {
      if (this.#byteCount > 0) return false
      this.#grow({ bytes: end })
    }
    this.#memory.bytes.set(record, this.#byteCount)
    this.#memory.items[this.records] = record.length
    this.#byteCount = end
    return true
  }

  /** What it holds by now moves into memory with at least so much room. */
  #grow({ rows = 0, bytes = 0, words = 0 }): void {
    const old = this.#memory
    const memory = newMemory(
      Math.max(rows, old.refs.length),
      Math.max(bytes, old.bytes.length),
      Math.max(words, old.words.length),
    )
    memory.items.set(old.items)
    memory.bytes.set(old.bytes.subarray(0, this.#byteCount))
    memory.words.set(old.words.subarray(0, this.#wordCount))
    memory.refs.set(old.refs.subarray(0, this.#rowCount))
    memory.timestampsMs.set(old.timestampsMs.subarray(0, this.#rowCount))
    // The bits: see model/stale-nan.
    halvesOf(memory.values).set(halvesOf(old.values).subarray(0, this.#rowCount * 2))
    this.#memory = memory
    this.#isNew = true
  }

  /**
   * Hands its records on; `taken` is called after each. Throws ByteReadError for the one that does
   * not hold.
   */
  give(decoder: RecordDecoder, taken: () => void): void {
    const { items, bytes } = this.#memory
    const interned = decoder.interned(this.place.reader)
    this.#rowCount = 0
    this.#byteCount = 0
    this.#wordCount = 0
    for (let index = 0; index < this.records; index++) {
      const item = items[index] ?? 0
      if (item <= seriesMark) this.#giveSeries(seriesMark - item, interned)
      else if (item <= samplesMark) {
        const row = this.#rowCount
        this.#rowCount += samplesMark - item
        if (this.#rowCount > row) decoder.takeSamples(this.#rows(row, this.#rowCount))
      } else {
        const at = this.#byteCount
        this.#byteCount += item
        // A copy, since not everything takes texts out of shared memory.
        decoder.take(bytes.slice(at, this.#byteCount))
      }
      taken()
    }
  }

  /** See SeriesNumbers for the form. */
  #giveSeries(series: number, to: InternedSeries): void {
    const { bytes, words } = this.#memory
    let at = this.#wordCount + 1
    const pairsEnd = at + (words[at - 1] ?? 0) * numberedPairWords
    for (; at < pairsEnd; at += numberedPairWords) {
      const like = (words[at] ?? 0) - 1
      const start = this.#byteCount
      const nameEnd = like < 0 ? start + (words[at + 1] ?? 0) : start
      this.#byteCount = nameEnd + (words[at + 2] ?? 0)
      to.pair(bytes, start, nameEnd, this.#byteCount, like)
    }
    for (let index = 0; index < series; index++) {
      const ref = (words[at] ?? 0) * 2 ** 32 + (words[at + 1] ?? 0)
      const start = at + numberedSeriesHead
      at = start + (words[at + 2] ?? 0)
      to.series(ref, words, start, at)
    }
    this.#wordCount = at
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

function newMemory(rows: number, bytes: number, words: number): BatchMemory {
  const { BYTES_PER_ELEMENT } = Float64Array
  const column = () => new Float64Array(new SharedArrayBuffer(rows * BYTES_PER_ELEMENT))
  return {
    items: new Int32Array(new SharedArrayBuffer(itemsMax * Int32Array.BYTES_PER_ELEMENT)),
    bytes: new Uint8Array(new SharedArrayBuffer(bytes)),
    words: new Uint32Array(new SharedArrayBuffer(words * Uint32Array.BYTES_PER_ELEMENT)),
    refs: column(),
    timestampsMs: column(),
    values: column(),
  }
}
