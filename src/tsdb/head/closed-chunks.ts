import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { crc32c } from '../../base/crc32c.ts'
import { DueNumbers } from '../../base/due-numbers.ts'
import { limits } from '../../base/limits.ts'
import type { PagedNumbers } from '../../base/paged-numbers.ts'
import type { Pins } from '../../base/pins.ts'
import { samplesOfField } from '../chunk/chunk-encoding.ts'
import { decodeReadAheadBytes } from '../chunk/xor-decode.ts'
import {
  arenaSegmentBytes,
  arenaUnitBytes,
  type ChunkColumns,
  type ClosedChunk,
} from './chunk-columns.ts'
import type { ChunkFileWriter } from './chunk-file-writer.ts'
import { checksumBytes, outOfOrderFlag, readDataLength } from './chunk-record.ts'
import type { ChunkQueueCounts, ChunkWriteQueue } from './chunk-write-queue.ts'

/** A full chunk: its data is the two bytes of the count field and what stands in `source`. */
export interface FullChunk {
  readonly ref: number
  readonly encoding: number
  /** The first two bytes of its data. */
  readonly countField: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly previous: number
  readonly source: Uint8Array
  readonly isOutOfOrder?: boolean
  /** It is kept in the arena. */
  readonly inMemory?: boolean
}

/** A record that is gathered, and the entry that will be told where it stands. */
interface GatheredRecord {
  readonly entry: number
  readonly record: Uint8Array
  /** Where it waited in memory until now; readers may still look at it there. */
  readonly moved: { readonly file: number; readonly place: number } | undefined
}

/** More than the one that is taken: none wait for long. */
const freedPerEntry = 8

const nothingQueued: ChunkQueueCounts = { add: 0, complete: 0 }

/**
 * Where full chunks go: to the head chunk files with the next flush(), which comes before anybody
 * can be handed their entries. What the disk does not take goes to the arena, in the same form.
 */
export class ClosedChunks {
  readonly #columns: ChunkColumns
  readonly #record = new ByteWriter(2048)
  /** The number + 1 of a free entry, which names the next as its previous; 0 where there is none. */
  #firstFree = 0
  #freeCount = 0
  /** Entries to be freed that nobody holds: see freeAll. */
  readonly #due = new DueNumbers()
  /** Entries whose records are gathered, and those records, until they are flushed. */
  readonly #gathered: GatheredRecord[] = []
  readonly #pins: Pins
  #queue: ChunkWriteQueue | undefined
  /** Chunks that were put into files. */
  written = 0
  #files: ChunkFileWriter | undefined
  #count = 0
  #arenaEnd = 0
  /** Chunks that stand in the arena: without any it is used from its beginning again. */
  #inArena = 0
  /** Chunks that are in memory because a file could not be written. */
  unwritten = 0
  /** By file: the newest time of its chunks; of out-of-order ones it says nothing. */
  readonly newestOfFile = new Map<number, number>()
  /** By file: how many out-of-order chunks in it are not in blocks yet. */
  readonly #outOfOrder = new Map<number, number>()
  /** By file: when the oldest out-of-order chunk in it begins, be it in a block or not. */
  readonly #oldestLateOfFile = new Map<number, number>()

  constructor(columns: ChunkColumns, pins: Pins) {
    this.#columns = columns
    this.#pins = pins
  }

  writeTo(files: ChunkFileWriter): void {
    this.#files = files
  }

  /** From now on full chunks of samples in order wait there, as far as there is room. */
  queueIn(queue: ChunkWriteQueue): void {
    this.#queue = queue
  }

  /** What is closed from here on stays in memory. */
  endFile(): void {
    this.flush()
    this.#files?.close()
    this.#files = undefined
  }

  /** Of the queue; nothing where there is none. */
  get queued(): Readonly<ChunkQueueCounts> {
    return this.#queue?.counts ?? nothingQueued
  }

  /** How many chunks are closed. */
  get count(): number {
    return this.#count - this.#freeCount - this.#due.count
  }

  /** Answers the number + 1 of the chunk's entry. */
  close(chunk: FullChunk): number {
    const record = this.#encode(chunk)
    const entry = this.#newEntry()
    const isQueued = chunk.inMemory !== true && this.#mayWait(chunk)
    const inMemory = chunk.inMemory === true || isQueued
    const [file, place] = inMemory ? [0, this.#toArena(record)] : this.#gather(entry, record)
    const placed = {
      file,
      place,
      encoding: chunk.encoding,
      samples: samplesOfField(chunk.encoding, chunk.countField),
      minTimeMs: chunk.minTimeMs,
      maxTimeMs: chunk.maxTimeMs,
    }
    this.#columns.setEntry(entry, placed, chunk.previous)
    if (file > 0) this.#note(file, chunk.maxTimeMs, chunk.isOutOfOrder === true)
    if (file > 0 && chunk.isOutOfOrder === true) this.noteLate(file, chunk.minTimeMs)
    if (isQueued) this.#queue?.add(entry)
    return entry + 1
  }

  /** A marker in the log names the place of an out-of-order chunk: that one is written at once. */
  #mayWait({ isOutOfOrder }: FullChunk): boolean {
    const queue = this.#queue
    if (queue === undefined || queue.isFull || isOutOfOrder === true) return false
    // Readers may hold on to what was written already, and the arena ends behind it all.
    return this.#arenaEnd < limits.chunkQueueBytesMax
  }

  /** One turn of the queue: writes some of what waits there, and has the next turn scheduled. */
  writeWaiting(bytesMax = limits.chunkQueueTurnBytes): void {
    const queue = this.#queue
    if (queue === undefined) return
    let left = bytesMax
    for (const entry of queue.entries()) {
      if (left <= 0) break
      const record = this.#recordInArena(this.#columns.place(entry))
      left -= record.length
      queue.remove(entry)
      this.#gather(entry, record, true)
    }
    this.flush()
    queue.turned()
  }

  /** At the end of a life: nothing is left in the queue. */
  writeAllWaiting(): void {
    this.writeWaiting(Number.POSITIVE_INFINITY)
  }

  #recordInArena(place: number): Uint8Array {
    const at = place * arenaUnitBytes
    const segment = this.#columns.arena.segment(Math.floor(at / arenaSegmentBytes))
    const start = at % arenaSegmentBytes
    const data = { start: 0, length: 0 }
    assert(readDataLength(segment, start, data), 'a record in the arena is whole')
    return segment.subarray(start, data.start + data.length + checksumBytes)
  }

  /** A chunk that a file already holds. */
  adopt(chunk: ClosedChunk, previous: number, isOutOfOrder = false): number {
    const entry = this.#newEntry()
    this.#columns.setEntry(entry, chunk, previous)
    this.#note(chunk.file, chunk.maxTimeMs, isOutOfOrder)
    return entry + 1
  }

  /** Takes entries back; nobody may hold their numbers any more. */
  free(entry: number): void {
    this.#queue?.remove(entry)
    if (this.#columns.file(entry) === 0) this.#leaveArena()
    this.#columns.setPrevious(entry, this.#firstFree)
    this.#firstFree = entry + 1
    this.#freeCount++
  }

  /** The same of a million, which would hold the event loop up: some with each chunk that is closed. */
  freeAll(entries: PagedNumbers): void {
    this.#due.add(entries)
  }

  #freeSome(): void {
    for (let freed = 0; freed < freedPerEntry; freed++) {
      const entry = this.#due.take()
      if (entry === undefined) return
      this.free(entry)
    }
  }

  #leaveArena(): void {
    if (--this.#inArena === 0) this.#arenaEnd = 0
  }

  /** Bytes of the arena that are taken, or lie between what is. */
  get arenaBytes(): number {
    return this.#arenaEnd
  }

  /** The same of out-of-order chunks, which keep their files as long as they are here. */
  freeOutOfOrder(entry: number): void {
    const file = this.#columns.file(entry)
    if (file > 0) this.#outOfOrder.set(file, (this.#outOfOrder.get(file) ?? 0) - 1)
    this.free(entry)
  }

  /** Hands what was gathered to the disk, before a reader may be told of it. */
  flush(): void {
    if (this.#gathered.length === 0) return
    const gathered = this.#gathered.splice(0)
    try {
      this.#files?.flush()
    } catch {
      // The samples are safe in the log; these chunks stay in memory and are read from there.
      for (const { entry, record, moved } of gathered) {
        if (moved === undefined) this.#columns.setPlace(entry, 0, this.#toArena(record))
        this.unwritten++
      }
      return
    }
    for (const { entry, moved } of gathered) if (moved !== undefined) this.#move(entry, moved)
  }

  /** Readers find it in its file from now on; some may still be reading what stands in memory. */
  #move(entry: number, { file, place }: { readonly file: number; readonly place: number }): void {
    this.#columns.movePlace(entry, file, place)
    this.#note(file, this.#columns.maxTimeMs(entry), false)
    this.#pins.afterHeld(() => this.#leaveArena())
  }

  /** The oldest file that holds a chunk of the head; 0 where none does. */
  get firstFile(): number {
    return this.newestOfFile.size === 0 ? 0 : Math.min(...this.newestOfFile.keys())
  }

  /**
   * Deletes files whose chunks all end before a time, up to the first of another kind: Prometheus does
   * not start where one is missing in between. Nobody may read them any more.
   */
  deleteFilesBefore(timeMs: number): void {
    const isKept = ([file, newestMs]: readonly [number, number]) =>
      newestMs >= timeMs || (this.#outOfOrder.get(file) ?? 0) > 0 || file === this.#files?.file
    const first = Math.min(...[...this.newestOfFile].filter(isKept).map(([file]) => file))
    for (const files of [this.newestOfFile, this.#outOfOrder, this.#oldestLateOfFile]) {
      for (const file of [...files.keys()]) if (file < first) files.delete(file)
    }
    this.#files?.deleteBefore(first)
  }

  /** When the oldest out-of-order chunk of all files begins; infinite where there is none. */
  get oldestLateMs(): number {
    return Math.min(...this.#oldestLateOfFile.values())
  }

  /** A file has an out-of-order chunk that begins then; at replay also one that is not used. */
  noteLate(file: number, minTimeMs: number): void {
    const known = this.#oldestLateOfFile.get(file) ?? Number.POSITIVE_INFINITY
    this.#oldestLateOfFile.set(file, Math.min(known, minTimeMs))
  }

  #newEntry(): number {
    this.#freeSome()
    if (this.#firstFree === 0) return this.#count++
    const entry = this.#firstFree - 1
    this.#firstFree = this.#columns.previous(entry)
    this.#freeCount--
    return entry
  }

  /** `waits`: it stands in the arena, and stays there where no file takes it. */
  #gather(
    entry: number,
    record: Uint8Array,
    waits = false,
  ): readonly [file: number, place: number] {
    const files = this.#files
    const inMemory = (): readonly [number, number] => [0, waits ? 0 : this.#toArena(record)]
    if (files === undefined) return inMemory()
    if (!files.fits(record.length)) {
      this.flush()
      try {
        files.cut()
      } catch {
        this.unwritten++
        return inMemory()
      }
    }
    const place = files.add(record)
    const { file } = files
    this.written++
    const moved = waits ? { file, place } : undefined
    this.#gathered.push({ entry, record: waits ? record : record.slice(), moved })
    return [file, place]
  }

  #encode(chunk: FullChunk): Uint8Array {
    const writer = this.#record
    writer.reset()
    writer.int64(chunk.ref)
    writer.int64(chunk.minTimeMs)
    writer.int64(chunk.maxTimeMs)
    writer.uint8(chunk.encoding | (chunk.isOutOfOrder === true ? outOfOrderFlag : 0))
    writer.uvarint(chunk.source.length + 2)
    writer.uint16(chunk.countField)
    writer.bytes(chunk.source)
    writer.uint32(crc32c(writer.view()))
    return writer.view()
  }

  /** Copies a record into the arena; answers its place. */
  #toArena(record: Uint8Array): number {
    const { arena } = this.#columns
    this.#inArena++
    const needed = record.length + decodeReadAheadBytes
    assert(needed <= arenaSegmentBytes, `chunk of ${record.length} bytes in the arena`)
    const left = arenaSegmentBytes - (this.#arenaEnd % arenaSegmentBytes)
    if (left < needed) this.#arenaEnd += left
    assert(this.#arenaEnd < 2 ** 32 * arenaUnitBytes, 'closed chunks over 16 GiB in memory')
    arena.reserve(this.#arenaEnd + needed)
    // Places go past 2^32: no bit operations.
    const segment = arena.segment(Math.floor(this.#arenaEnd / arenaSegmentBytes))
    segment.set(record, this.#arenaEnd % arenaSegmentBytes)
    const place = this.#arenaEnd / arenaUnitBytes
    // The read-ahead of one record may fall on the next: only the segment's end needs room.
    this.#arenaEnd += Math.ceil(record.length / arenaUnitBytes) * arenaUnitBytes
    return place
  }

  #note(file: number, maxTimeMs: number, isOutOfOrder: boolean): void {
    if (isOutOfOrder) this.#outOfOrder.set(file, (this.#outOfOrder.get(file) ?? 0) + 1)
    const timeMs = isOutOfOrder ? Number.NEGATIVE_INFINITY : maxTimeMs
    const known = this.newestOfFile.get(file)
    if (known === undefined || timeMs > known) this.newestOfFile.set(file, timeMs)
  }
}
