import { limits } from '../base/limits.ts'
import { instantiate } from './instantiate.ts'

/** What assembly/writes.ts exports for version 1; places are bytes of its memory. */
interface WriteModule {
  readonly memory: WebAssembly.Memory
  layOut(...places: readonly number[]): void
  layOutEntries(...places: readonly number[]): void
  layOutParts(histograms: number, exemplars: number, capacity: number): void
  index(count: number): void
  entryCount(): number
  histogramCount(): number
  exemplarCount(): number
  seriesCount(): number
  predictedCount(): number
  decode(start: number, end: number, seriesMax: number, samplesMax: number): number
  findAll(count: number): void
  add(series: number, id: number): void
  gather(samples: number, notTaken: number): number
}

/** In place of an id: the labels are not known. */
export const unknownId = 0xfffffffe

/** Columns of the body at hand, until the next one: views of the kernel's memory. */
export interface WriteKernelColumns {
  /** Where labelStart and labelEnd point into. */
  readonly bytes: Uint8Array
  readonly labelStart: Uint32Array
  readonly labelEnd: Uint32Array
  /** Of each series, or unknownId. */
  readonly ids: Uint32Array
  /** Of each sample the number of its series; behind gather its id. */
  readonly sampleSeries: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  readonly histograms: PartColumns
  readonly exemplars: PartColumns
}

/** Messages that the caller reads: of which series, and from where to where in the bytes. */
export interface PartColumns {
  readonly series: Uint32Array
  readonly start: Uint32Array
  readonly end: Uint32Array
}

/** For how much there is room. */
interface Room {
  readonly bodyBytes: number
  /** Of one body. */
  readonly series: number
  readonly samples: number
  /** Series that are known. */
  readonly entries: number
}

const pageBytes = 65_536
/** Of assembly/line-hash.ts: 32 bytes of ones and 32 of zero, then the key. */
const masksStart = 4_096
const keyStart = 8_192
export const writeKeyBytes = 4_096 + 16
const bodyStart = 16_384
/** Behind the body: how far loads may reach. */
const slackBytes = 64
/** A usual sample and its tag and length. */
const sampleBytes = 18
const roomAtFirst: Room = {
  bodyBytes: 1 << 16,
  series: 1 << 12,
  samples: 1 << 12,
  entries: 1 << 10,
}
/** Histograms, or exemplars, of one body; those of others are read without the kernel. */
const partsMax = 16_384
const partBytes = 12
/** So many bodies in a row must be small before memory for a large one is given back. */
const smallBodiesMax = 64

/**
 * Remote-write bodies as columns, and the ids of their series by their encoded labels: 24 bytes a
 * series and 8 to 16 of index. When room lacks, a new instance takes the old one's place.
 */
export class WriteKernel {
  readonly #compiled: WebAssembly.Module
  readonly #key: Uint8Array
  readonly #entriesMax: number
  #room = roomAtFirst
  #module: WriteModule
  #columns: WriteKernelColumns
  #smallBodies = 0
  #seriesCount = 0
  #predictedCount = 0

  /** `key` is secret to this process; beyond `entriesMax` known series it begins anew. */
  constructor(compiled: WebAssembly.Module, key: Uint8Array, entriesMax: number) {
    this.#compiled = compiled
    this.#key = key
    this.#entriesMax = entriesMax
    const made = this.#instantiate(roomAtFirst)
    this.#module = made.module
    this.#columns = made.columns
    this.#module.index(0)
  }

  /** Known series. */
  get size(): number {
    return this.#module.entryCount()
  }

  get columns(): WriteKernelColumns {
    return this.#columns
  }

  /** Series of the body at hand. */
  get seriesCount(): number {
    return this.#seriesCount
  }

  /** How many of them came where they were expected. */
  get predictedCount(): number {
    return this.#predictedCount
  }

  /** Of the body that decode took. */
  get histogramCount(): number {
    return this.#module.histogramCount()
  }

  get exemplarCount(): number {
    return this.#module.exemplarCount()
  }

  /**
   * Decodes a body into the columns, answers how many samples it has; -1 for one that has anything
   * but series of labels, usual samples, histograms and exemplars, which may be right or wrong.
   */
  decode(body: Uint8Array): number {
    const samples = Math.min(Math.ceil(body.length / sampleBytes), limits.remoteWriteSamplesMax)
    const series = Math.min(samples, limits.remoteWriteSeriesMax)
    this.#makeRoom({ bodyBytes: body.length, series, samples, entries: 0 }, this.#roomFor(body))
    this.#columns.bytes.set(body, bodyStart)
    const end = bodyStart + body.length
    const count = this.#module.decode(bodyStart, end, series, samples)
    if (count >= 0) this.#found()
    return count
  }

  /** For a body that decode refused: finds the ids of its series, whose labels stand there. */
  findAll(labelStart: Uint32Array, labelEnd: Uint32Array, count: number): void {
    this.#makeRoom({ ...this.#room, series: count, entries: 0 })
    for (let series = 0; series < count; series++) {
      this.#columns.labelStart[series] = (labelStart[series] ?? 0) + bodyStart
      this.#columns.labelEnd[series] = (labelEnd[series] ?? 0) + bodyStart
    }
    this.#module.findAll(count)
    this.#found()
  }

  /** The labels of a series of this body, which are not known, are those of `id`. */
  add(series: number, id: number): void {
    this.#module.add(series, id)
  }

  /**
   * Puts the ids, as they are now, in place of the samples' series, and leaves out samples of
   * `notTaken`; answers how many are kept.
   */
  gather(samples: number, notTaken: number): number {
    return this.#module.gather(samples, notTaken)
  }

  /** No series is known. */
  clear(): void {
    this.#makeRoom(roomAtFirst, { ...this.#room, entries: roomAtFirst.entries })
    this.#module.index(0)
  }

  /** Of the body at hand all series may be added behind this. */
  #found(): void {
    const series = this.#module.seriesCount()
    this.#seriesCount = series
    this.#predictedCount = this.#module.predictedCount()
    if (this.size + series > this.#entriesMax) {
      this.clear()
      this.#module.findAll(series)
    }
    this.#makeRoom({ ...this.#room, entries: this.size + series })
  }

  /** The room to begin with: after some small bodies no longer that of a large one. */
  #roomFor(body: Uint8Array): Room {
    const most = limits.kernelMemoryKeptBytes
    this.#smallBodies = body.length <= most ? this.#smallBodies + 1 : 0
    const isTooLarge = this.#room.bodyBytes > most && this.#smallBodies > smallBodiesMax
    return isTooLarge ? { ...roomAtFirst, entries: this.#room.entries } : this.#room
  }

  #makeRoom(needed: Room, from: Room = this.#room): void {
    const room = {
      bodyBytes: grown(from.bodyBytes, needed.bodyBytes),
      series: grown(from.series, needed.series),
      samples: grown(from.samples, needed.samples),
      entries: grown(from.entries, needed.entries),
    }
    if (!isSame(room, this.#room)) this.#move(room)
  }

  /** Everything into an instance with more room, or less. */
  #move(room: Room): void {
    const [before, from, oldRoom] = [this.#module, this.#columns, this.#room]
    const entries = Math.min(before.entryCount(), room.entries)
    const { module, columns } = this.#instantiate(room)
    const [old, place] = [placesOf(oldRoom), placesOf(room)]
    const copy = (start: number, bytes: number, to: number): void =>
      columns.bytes.set(from.bytes.subarray(start, start + bytes), to)
    copy(old.hashes, entries * 16, place.hashes)
    copy(old.entryIds, entries * 4, place.entryIds)
    copy(old.entryLengths, entries * 4, place.entryLengths)
    module.index(entries)
    if (room.bodyBytes >= oldRoom.bodyBytes) copy(bodyStart, oldRoom.bodyBytes, bodyStart)
    copyColumns(from, columns)
    this.#room = room
    this.#module = module
    this.#columns = columns
  }

  #instantiate(room: Room): { module: WriteModule; columns: WriteKernelColumns } {
    const exports = instantiate(this.#compiled, isWriteModule, 'writes')
    const { memory } = exports
    const at = placesOf(room)
    memory.grow(Math.ceil((at.end - memory.buffer.byteLength) / pageBytes))
    exports.layOut(at.labelStart, at.labelEnd, at.ids, at.sampleSeries, at.times, at.values)
    exports.layOutEntries(at.hashes, at.entryIds, at.entryLengths, at.places, placeCount(room))
    exports.layOutParts(at.histograms, at.exemplars, partsMax)
    const { buffer } = memory
    const bytes = new Uint8Array(buffer)
    putHashKey(bytes, this.#key)
    return {
      module: exports,
      columns: {
        bytes,
        histograms: partColumns(buffer, at.histograms, partsMax),
        exemplars: partColumns(buffer, at.exemplars, partsMax),
        labelStart: new Uint32Array(buffer, at.labelStart, room.series),
        labelEnd: new Uint32Array(buffer, at.labelEnd, room.series),
        ids: new Uint32Array(buffer, at.ids, room.series),
        sampleSeries: new Uint32Array(buffer, at.sampleSeries, room.samples),
        timestampsMs: new Float64Array(buffer, at.times, room.samples),
        values: new Float64Array(buffer, at.values, room.samples),
      },
    }
  }
}

function placesOf(room: Room) {
  const hashes = Math.ceil((bodyStart + room.bodyBytes + slackBytes) / 16) * 16
  const times = hashes + room.entries * 16
  const values = times + room.samples * 8
  const labelStart = values + room.samples * 8
  const labelEnd = labelStart + room.series * 4
  const ids = labelEnd + room.series * 4
  const sampleSeries = ids + room.series * 4
  const entryIds = sampleSeries + room.samples * 4
  const entryLengths = entryIds + room.entries * 4
  const places = entryLengths + room.entries * 4
  const histograms = places + placeCount(room) * 4
  const exemplars = histograms + partsMax * partBytes
  const end = exemplars + partsMax * partBytes
  return {
    ...{ hashes, times, values, labelStart, labelEnd, ids, sampleSeries },
    ...{ entryIds, entryLengths, places, histograms, exemplars, end },
  }
}

/** Puts what assembly/line-hash.ts looks for into a module's memory. */
export function putHashKey(bytes: Uint8Array, key: Uint8Array): void {
  bytes.fill(0xff, masksStart, masksStart + 32)
  bytes.fill(0, masksStart + 32, masksStart + 64)
  bytes.set(key, keyStart)
}

/** Three columns, one behind the other. */
export function partColumns(buffer: ArrayBufferLike, at: number, capacity: number): PartColumns {
  const column = (index: number) => new Uint32Array(buffer, at + index * capacity * 4, capacity)
  return { series: column(0), start: column(1), end: column(2) }
}

/** A power of two, of which half at least is free. */
function placeCount(room: Room): number {
  return 2 ** Math.ceil(Math.log2(room.entries * 2))
}

function grown(capacity: number, needed: number): number {
  return needed <= capacity ? capacity : Math.max(capacity * 2, needed)
}

function isSame(a: Room, b: Room): boolean {
  const isSameBody = a.bodyBytes === b.bodyBytes && a.series === b.series
  return isSameBody && a.samples === b.samples && a.entries === b.entries
}

/** Of the body at hand, as far as there is room. Values move as bits, from column to column. */
function copyColumns(from: WriteKernelColumns, to: WriteKernelColumns): void {
  const series = Math.min(from.ids.length, to.ids.length)
  to.labelStart.set(from.labelStart.subarray(0, series))
  to.labelEnd.set(from.labelEnd.subarray(0, series))
  to.ids.set(from.ids.subarray(0, series))
  const samples = Math.min(from.sampleSeries.length, to.sampleSeries.length)
  to.sampleSeries.set(from.sampleSeries.subarray(0, samples))
  to.timestampsMs.set(from.timestampsMs.subarray(0, samples))
  to.values.set(from.values.subarray(0, samples))
  copyParts(from.histograms, to.histograms)
  copyParts(from.exemplars, to.exemplars)
}

function copyParts(from: PartColumns, to: PartColumns): void {
  to.series.set(from.series)
  to.start.set(from.start)
  to.end.set(from.end)
}

function isWriteModule(exports: unknown): exports is WriteModule {
  return typeof exports === 'object' && exports !== null && 'gather' in exports
}
