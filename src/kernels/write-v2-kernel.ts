import { instantiate } from './instantiate.ts'
import { type PartColumns, partColumns, putHashKey, unknownId } from './write-kernel.ts'

/** What assembly/writes.ts exports for version 2; places are bytes of its memory. */
interface WriteV2Module {
  readonly memory: WebAssembly.Memory
  layOutV2Series(...places: readonly number[]): void
  layOutV2Samples(...places: readonly number[]): void
  layOutEntries(...places: readonly number[]): void
  layOutParts(histograms: number, exemplars: number, capacity: number): void
  boundV2(symbols: number, refs: number, series: number, samples: number): void
  index(count: number): void
  entryCount(): number
  predictedCount(): number
  symbolCountV2(): number
  seriesCountV2(): number
  histogramCount(): number
  exemplarCount(): number
  decodeV2(start: number, end: number): number
  findAllV2(): void
  addV2(series: number, id: number): void
}

/** Columns of the body at hand, until the next one: views of the kernel's memory. */
export interface WriteV2KernelColumns {
  /** Where symbols, histograms and exemplars stand. */
  readonly bytes: Uint8Array
  readonly symbolStart: Uint32Array
  readonly symbolEnd: Uint32Array
  readonly refStart: Uint32Array
  readonly refs: Uint32Array
  readonly metadataType: Uint32Array
  readonly helpRef: Uint32Array
  readonly unitRef: Uint32Array
  /** Of each series, or unknownId. */
  readonly ids: Uint32Array
  readonly sampleSeries: Uint32Array
  readonly timestampsMs: Float64Array
  readonly startsMs: Float64Array
  readonly values: Float64Array
  readonly histograms: PartColumns
  readonly exemplars: PartColumns
}

/** What one body may have of each; others are read without the kernel. Untouched memory costs none. */
const rows = {
  bodyBytes: 1 << 22,
  symbols: 1 << 16,
  refs: 1 << 19,
  series: 1 << 15,
  samples: 1 << 15,
  parts: 1 << 14,
} as const
const pageBytes = 65_536
const bodyStart = 16_384
/** Behind the body: how far loads may reach. */
const slackBytes = 64
/** Hashes of one series' symbols. */
const gatheredBytes = 256 * 16
const entriesAtFirst = 1 << 10
const partBytes = 12

/**
 * Remote-write version 2 bodies as columns, and the ids of their series by the hashes of their
 * symbols: 24 bytes a series and 8 to 16 of index, which grow at the end of its memory.
 */
export class WriteV2Kernel {
  readonly #entriesMax: number
  readonly #module: WriteV2Module
  #columns: WriteV2KernelColumns
  #entriesRoom = 0

  /** `key` is secret to this process; beyond `entriesMax` known series it begins anew. */
  constructor(compiled: WebAssembly.Module, key: Uint8Array, entriesMax: number) {
    this.#entriesMax = entriesMax
    const exports = instantiate(compiled, isWriteV2Module, 'writes')
    this.#module = exports
    grow(exports.memory, fixed.entries)
    layOut(exports)
    putHashKey(new Uint8Array(exports.memory.buffer), key)
    this.#columns = columnsOf(exports.memory.buffer)
    this.#makeRoom(entriesAtFirst)
  }

  /** Known series. */
  get size(): number {
    return this.#module.entryCount()
  }

  get columns(): WriteV2KernelColumns {
    return this.#columns
  }

  get symbolCount(): number {
    return this.#module.symbolCountV2()
  }

  /** Series of the body at hand. */
  get seriesCount(): number {
    return this.#module.seriesCountV2()
  }

  /** How many of them came where they were expected. */
  get predictedCount(): number {
    return this.#module.predictedCount()
  }

  get histogramCount(): number {
    return this.#module.histogramCount()
  }

  get exemplarCount(): number {
    return this.#module.exemplarCount()
  }

  /**
   * Decodes a body into the columns, answers how many samples it has; -1 for one that is too large,
   * unusual or wrong. Of what it takes, every reference of a series and of its metadata is within
   * the symbols, and every series brings a sample or a histogram.
   */
  decode(body: Uint8Array): number {
    if (body.length > rows.bodyBytes) return -1
    this.#columns.bytes.set(body, bodyStart)
    const count = this.#module.decodeV2(bodyStart, bodyStart + body.length)
    if (count >= 0) this.#found()
    return count
  }

  /** The labels of a series of this body, which are not known, are those of `id`. */
  learn(series: number, id: number): void {
    this.#columns.ids[series] = id
    this.#module.addV2(series, id)
  }

  /** No series is known. */
  clear(): void {
    this.#module.index(0)
  }

  /** Of the body at hand all series may be learned behind this. */
  #found(): void {
    if (this.#columns.ids.subarray(0, this.seriesCount).indexOf(unknownId) < 0) return
    if (this.size + this.seriesCount > this.#entriesMax) {
      this.clear()
      this.#module.findAllV2()
    }
    const needed = this.size + this.seriesCount
    if (needed > this.#entriesRoom) this.#makeRoom(Math.max(needed, this.#entriesRoom * 2))
  }

  /** Lays the entries out anew, with room for so many, and keeps those that are there. */
  #makeRoom(room: number): void {
    const module = this.#module
    const kept = this.#entriesRoom === 0 ? 0 : module.entryCount()
    const old = entryPlaces(this.#entriesRoom)
    const bytes = this.#columns.bytes
    const hashes = bytes.slice(old.hashes, old.hashes + kept * 16)
    const ids = bytes.slice(old.ids, old.ids + kept * 4)
    const lengths = bytes.slice(old.lengths, old.lengths + kept * 4)
    const places = entryPlaces(room)
    grow(module.memory, places.end)
    this.#columns = columnsOf(module.memory.buffer)
    this.#columns.bytes.set(hashes, places.hashes)
    this.#columns.bytes.set(ids, places.ids)
    this.#columns.bytes.set(lengths, places.lengths)
    module.layOutEntries(places.hashes, places.ids, places.lengths, places.index, placeCount(room))
    module.index(kept)
    this.#entriesRoom = room
  }
}

/** Where each column stands; what grows is behind them. */
const fixed = (() => {
  let at = bodyStart + rows.bodyBytes + slackBytes
  const take = (bytes: number): number => {
    const place = at
    at += Math.ceil(bytes / 16) * 16
    return place
  }
  return {
    symbolStart: take(rows.symbols * 4),
    symbolEnd: take(rows.symbols * 4),
    symbolHashes: take(rows.symbols * 16),
    refStart: take((rows.series + 1) * 4),
    refs: take(rows.refs * 4),
    types: take(rows.series * 4),
    helps: take(rows.series * 4),
    units: take(rows.series * 4),
    ids: take(rows.series * 4),
    gathered: take(gatheredBytes + slackBytes),
    sampleSeries: take(rows.samples * 4),
    times: take(rows.samples * 8),
    starts: take(rows.samples * 8),
    values: take(rows.samples * 8),
    histograms: take(rows.parts * partBytes),
    exemplars: take(rows.parts * partBytes),
    entries: at,
  }
})()

function layOut(module: WriteV2Module): void {
  module.layOutV2Series(
    ...[fixed.symbolStart, fixed.symbolEnd, fixed.symbolHashes, fixed.refStart, fixed.refs],
    ...[fixed.types, fixed.helps, fixed.units, fixed.ids, fixed.gathered],
  )
  module.layOutV2Samples(fixed.sampleSeries, fixed.times, fixed.starts, fixed.values)
  module.layOutParts(fixed.histograms, fixed.exemplars, rows.parts)
  module.boundV2(rows.symbols, rows.refs, rows.series, rows.samples)
}

function columnsOf(buffer: ArrayBufferLike): WriteV2KernelColumns {
  const words = (at: number, length: number) => new Uint32Array(buffer, at, length)
  const floats = (at: number) => new Float64Array(buffer, at, rows.samples)
  return {
    bytes: new Uint8Array(buffer),
    symbolStart: words(fixed.symbolStart, rows.symbols),
    symbolEnd: words(fixed.symbolEnd, rows.symbols),
    refStart: words(fixed.refStart, rows.series + 1),
    refs: words(fixed.refs, rows.refs),
    metadataType: words(fixed.types, rows.series),
    helpRef: words(fixed.helps, rows.series),
    unitRef: words(fixed.units, rows.series),
    ids: words(fixed.ids, rows.series),
    sampleSeries: words(fixed.sampleSeries, rows.samples),
    timestampsMs: floats(fixed.times),
    startsMs: floats(fixed.starts),
    values: floats(fixed.values),
    histograms: partColumns(buffer, fixed.histograms, rows.parts),
    exemplars: partColumns(buffer, fixed.exemplars, rows.parts),
  }
}

function entryPlaces(room: number) {
  const hashes = fixed.entries
  const ids = hashes + room * 16
  const lengths = ids + room * 4
  const index = lengths + room * 4
  return { hashes, ids, lengths, index, end: index + placeCount(room) * 4 }
}

/** A power of two, of which half at least is free. */
function placeCount(room: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, room) * 2))
}

function grow(memory: WebAssembly.Memory, endBytes: number): void {
  const more = Math.ceil((endBytes - memory.buffer.byteLength) / pageBytes)
  if (more > 0) memory.grow(more)
}

function isWriteV2Module(exports: unknown): exports is WriteV2Module {
  return typeof exports === 'object' && exports !== null && 'decodeV2' in exports
}
