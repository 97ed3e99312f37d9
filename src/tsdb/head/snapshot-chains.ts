import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { HeadChunkTable } from './head-chunk-table.ts'

/** First byte of our own records beside a memory snapshot. */
const chainRecord = { series: 1, otherRefs: 2, end: 3 } as const
/** A record ends with the series that passes this. */
const recordBytesAimed = 1 << 18
/** Neighbours' chunks of one age stand near each other: each age has its own distances. */
const ages = 64

class Distances {
  readonly values = new Float64Array(ages * 3)

  clear(): void {
    this.values.fill(0)
  }

  at(age: number): number {
    return Math.min(age, ages - 1) * 3
  }
}

/**
 * Writes which chunks of the head chunk files each series of a snapshot has: upstream's format does
 * not say, and files of several lives overlap. Series come in the snapshot's order.
 */
export class ChainWriter {
  readonly #log: (record: Uint8Array) => void
  readonly #writer = new ByteWriter(recordBytesAimed * 2)
  readonly #before = new Distances()
  #chunks = 0
  /** Files that chunks are in. */
  readonly files = new Set<number>()

  constructor(log: (record: Uint8Array) => void) {
    this.#log = log
    this.#begin()
  }

  #begin(): void {
    this.#writer.reset()
    this.#writer.uint8(chainRecord.series)
    this.#before.clear()
  }

  /** The next series has so many chunks, which follow. */
  series(count: number): void {
    if (this.#writer.length > recordBytesAimed) {
      this.#log(this.#writer.copy())
      this.#begin()
    }
    this.#writer.uvarint(count)
  }

  /** From new to old. */
  chunk(age: number, file: number, place: number, maxTimeMs: number): void {
    const { values } = this.#before
    const at = this.#before.at(age)
    this.#writer.varint(file - (values[at] ?? 0))
    this.#writer.varint(place - (values[at + 1] ?? 0))
    this.#writer.varint(maxTimeMs - (values[at + 2] ?? 0))
    values[at] = file
    values[at + 1] = place
    values[at + 2] = maxTimeMs
    this.#chunks++
    this.files.add(file)
  }

  /** `otherRefs`: see HeadReplay. */
  end(otherRefs: readonly number[]): void {
    this.#log(this.#writer.copy())
    this.#writer.reset()
    this.#writer.uint8(chainRecord.otherRefs)
    for (const ref of otherRefs) this.#writer.uvarint(ref)
    this.#log(this.#writer.copy())
    this.#writer.reset()
    this.#writer.uint8(chainRecord.end)
    this.#writer.uvarint(this.#chunks)
    this.#log(this.#writer.copy())
  }
}

/** Reads what ChainWriter wrote, against the chunks that there are. */
export class ChainReader {
  readonly otherRefs: number[] = []
  readonly #table: HeadChunkTable
  readonly #validFromMs: number
  readonly #before = new Distances()
  #rows = new Uint32Array(1024)
  #rowCount = 0
  /** By series: where its rows end. */
  #ends = new Uint32Array(1024)
  #seriesCount = 0
  #chunks = 0
  #isWhole = false

  /** Chunks that end before `validFromMs` may be gone: blocks have their samples. */
  constructor(table: HeadChunkTable, validFromMs: number) {
    this.#table = table
    this.#validFromMs = validFromMs
  }

  /** Throws ByteReadError, also where a chunk is not there. */
  take(record: Uint8Array): void {
    const reader = new ByteReader(record)
    const type = reader.uint8()
    if (type === chainRecord.series) this.#series(reader)
    else if (type === chainRecord.otherRefs) {
      while (reader.left > 0) this.otherRefs.push(reader.uvarint())
    } else if (type === chainRecord.end) {
      if (reader.uvarint() !== this.#chunks) throw new ByteReadError(1, 'chunks are missing')
      this.#isWhole = true
    } else throw new ByteReadError(0, `a record of type ${type}`)
  }

  /** Behind the last record. */
  demandWhole(): void {
    if (!this.#isWhole) throw new ByteReadError(0, 'its end is missing')
  }

  /** Rows of the table of the snapshot's n-th series, from new to old. */
  rowsOf(series: number): Uint32Array {
    const start = series === 0 ? 0 : (this.#ends[series - 1] ?? this.#rowCount)
    return this.#rows.subarray(start, this.#ends[series] ?? this.#rowCount)
  }

  #series(reader: ByteReader): void {
    this.#before.clear()
    while (reader.left > 0) {
      const count = reader.uvarint()
      for (let age = 0; age < count; age++) this.#chunk(reader, age)
      if (this.#seriesCount === this.#ends.length) this.#ends = doubled(this.#ends)
      this.#ends[this.#seriesCount++] = this.#rowCount
    }
  }

  #chunk(reader: ByteReader, age: number): void {
    const { values } = this.#before
    const at = this.#before.at(age)
    const file = (values[at] ?? 0) + reader.varint()
    const place = (values[at + 1] ?? 0) + reader.varint()
    const maxTimeMs = (values[at + 2] ?? 0) + reader.varint()
    values[at] = file
    values[at + 1] = place
    values[at + 2] = maxTimeMs
    this.#chunks++
    if (maxTimeMs < this.#validFromMs) return
    const row = this.#table.rowAt(file, place)
    if (row === undefined) {
      throw new ByteReadError(reader.offset, `no chunk at byte ${place} of head chunk file ${file}`)
    }
    if (this.#rowCount === this.#rows.length) this.#rows = doubled(this.#rows)
    this.#rows[this.#rowCount++] = row
  }
}

function doubled(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2)
  larger.set(column)
  return larger
}
