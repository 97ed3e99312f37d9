import type { ChunkScanKernel } from '../../kernels/chunk-scan-kernel.ts'
import { samplesOfField } from '../chunk/chunk-encoding.ts'
import type { ClosedChunk } from './chunk-columns.ts'
import { outOfOrderFlag } from './chunk-record.ts'
import { orderByRef } from './order-by-ref.ts'

/** A chunk of the head chunk files. */
export interface HeadChunkRow extends ClosedChunk {
  readonly ref: number
  readonly isOutOfOrder: boolean
}

/** A chunk's kind is its encoding, with this above it. */
export const outOfOrderMark = 256
export const chunkKinds = outOfOrderMark * 2
/** Of row i, its kind stands at 4i + this of the words. */
export const kindWord = 3

/** A sorted table on its way between threads: those of HeadChunkTable, with room behind their rows. */
export interface HeadChunkColumns {
  readonly count: number
  readonly refs: Float64Array<ArrayBuffer>
  readonly times: Float64Array<ArrayBuffer>
  readonly words: Uint32Array<ArrayBuffer>
  readonly order: Uint32Array<ArrayBuffer>
  /** When the oldest chunk begins; infinite without chunks. */
  readonly firstTimeMs: number
}

/** What the head chunk files hold, as columns, found by series ref. */
export class HeadChunkTable {
  #refs = new Float64Array(1024)
  #times = new Float64Array(2048)
  /** File, place, samples, encoding with the out-of-order flag above it. */
  #words = new Uint32Array(4096)
  /** Rows by ref, those of one ref by their first time. */
  #order = new Uint32Array(0)
  #firstTimeMs = Number.POSITIVE_INFINITY
  count = 0

  static of({ count, refs, times, words, order, firstTimeMs }: HeadChunkColumns): HeadChunkTable {
    const table = new HeadChunkTable()
    table.#refs = refs
    table.#times = times
    table.#words = words
    table.#order = order
    table.#firstTimeMs = firstTimeMs
    table.count = count
    return table
  }

  /** After sort(). */
  get columns(): HeadChunkColumns {
    const { count } = this
    const [refs, times, words, order] = [this.#refs, this.#times, this.#words, this.#order]
    return { count, refs, times, words, order, firstTimeMs: this.#firstTimeMs }
  }

  add(row: HeadChunkRow): void {
    if (this.count === this.#refs.length) this.#grow()
    const at = this.count++
    this.#refs[at] = row.ref
    this.#times[at * 2] = row.minTimeMs
    this.#times[at * 2 + 1] = row.maxTimeMs
    this.#words[at * 4] = row.file
    this.#words[at * 4 + 1] = row.place
    this.#words[at * 4 + 2] = row.samples
    this.#words[at * 4 + kindWord] = row.encoding | (row.isOutOfOrder ? outOfOrderMark : 0)
  }

  /** What a scan has found from this place of a file on. */
  addScanned(scanned: ChunkScanKernel, rows: number, file: number, place: number): void {
    while (this.count + rows > this.#refs.length) this.#grow()
    for (let row = 0; row < rows; row++) {
      const at = this.count++
      const flags = scanned.encoding(row)
      const encoding = flags & ~outOfOrderFlag
      this.#refs[at] = scanned.ref(row)
      this.#times[at * 2] = scanned.minTimeMs(row)
      this.#times[at * 2 + 1] = scanned.maxTimeMs(row)
      this.#words[at * 4] = file
      this.#words[at * 4 + 1] = place + scanned.place(row)
      this.#words[at * 4 + 2] = samplesOfField(encoding, scanned.countField(row))
      this.#words[at * 4 + kindWord] = encoding | (flags === encoding ? 0 : outOfOrderMark)
    }
  }

  #grow(): void {
    const [refs, times, words] = [this.#refs, this.#times, this.#words]
    this.#refs = new Float64Array(refs.length * 2)
    this.#refs.set(refs)
    this.#times = new Float64Array(times.length * 2)
    this.#times.set(times)
    this.#words = new Uint32Array(words.length * 2)
    this.#words.set(words)
  }

  /** Forgets the rows from `count` on. */
  truncate(count: number): void {
    this.count = count
  }

  /** After the last row, before the first find. */
  sort(): void {
    this.#order = orderByRef(this.#refs, this.#times, this.count)
    let first = Number.POSITIVE_INFINITY
    for (let row = 0; row < this.count; row++) first = Math.min(first, this.#times[row * 2] ?? 0)
    this.#firstTimeMs = first
  }

  /** The smallest and the largest ref, after sort(). */
  get refs(): { readonly first: number; readonly last: number } | undefined {
    if (this.count === 0) return undefined
    const refAt = (place: number) => this.#refs[this.rowOf(place)] ?? 0
    return { first: refAt(0), last: refAt(this.count - 1) }
  }

  /** The chunk at a place in the order of refs, and of times within each; undefined behind the last. */
  at(place: number): HeadChunkRow | undefined {
    return place < this.count ? this.row(this.#order[place] ?? 0) : undefined
  }

  /** Calls for each out-of-order chunk, by series. */
  eachOutOfOrder(visit: (row: HeadChunkRow) => void): void {
    for (let at = 0; at < this.count; at++) {
      const row = this.#order[at] ?? 0
      if (this.kind(row) >= outOfOrderMark) visit(this.row(row))
    }
  }

  /** The out-of-order chunk of a series at a place; undefined where there is none. */
  outOfOrderAt(ref: number, file: number, place: number): HeadChunkRow | undefined {
    for (let at = this.firstOf(ref); ; at++) {
      const row = this.at(at)
      if (row === undefined || row.ref !== ref) return undefined
      if (row.isOutOfOrder && row.file === file && row.place === place) return row
    }
  }

  /** The place of the first chunk of a ref, or of the one behind where it has none. */
  firstOf(ref: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#refs[this.#order[middle] ?? 0] ?? 0) < ref) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The number of the row at a place in the order of refs. */
  rowOf(place: number): number {
    return this.#order[place] ?? 0
  }

  /** The number of the row of a chunk in the files; undefined where there is none. */
  rowAt(file: number, offset: number): number | undefined {
    let low = 0
    let high = this.count
    const words = this.#words
    while (low < high) {
      const middle = (low + high) >>> 1
      const before = (words[middle * 4] ?? 0) - file || (words[middle * 4 + 1] ?? 0) - offset
      if (before < 0) low = middle + 1
      else high = middle
    }
    const isThere = words[low * 4] === file && words[low * 4 + 1] === offset
    return low < this.count && isThere ? low : undefined
  }

  /** Whether a chunk of the ref stands at the place in the order of refs. */
  isOf(place: number, ref: number): boolean {
    return place < this.count && this.#refs[this.rowOf(place)] === ref
  }

  /** Of a row by its number, as the two below. */
  minTimeMs(row: number): number {
    return this.#times[row * 2] ?? 0
  }

  maxTimeMs(row: number): number {
    return this.#times[row * 2 + 1] ?? 0
  }

  kind(row: number): number {
    return this.#words[row * 4 + kindWord] ?? 0
  }

  /** By its number: rows stand in the order of the files. */
  row(row: number): HeadChunkRow {
    return {
      ref: this.#refs[row] ?? 0,
      minTimeMs: this.minTimeMs(row),
      maxTimeMs: this.maxTimeMs(row),
      file: this.#words[row * 4] ?? 0,
      place: this.#words[row * 4 + 1] ?? 0,
      samples: this.#words[row * 4 + 2] ?? 0,
      encoding: this.kind(row) & (outOfOrderMark - 1),
      isOutOfOrder: this.kind(row) >= outOfOrderMark,
    }
  }
}
