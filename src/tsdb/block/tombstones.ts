import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { crc32c } from '../../base/crc32c.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { varintWithinSafe } from '../../base/wide-varint.ts'
import { type Intervals, noIntervals } from '../index/intervals.ts'
import { blockFile, sumBytes } from './block-files.ts'
import { CorruptionError } from './corruption.ts'
import { replaceFile } from './durable-file.ts'

const magic = 0x0130ba30
const headerBytes = 5

/**
 * Deleted times by series reference, in columns: one row for each interval, by reference and time.
 * What is added is merged in when somebody reads.
 */
export class Tombstones {
  #refs = new Float64Array(0)
  /** First and last time of each row. */
  #times: Intervals = noIntervals
  readonly #added: number[] = []

  /** The times are included, and whole. */
  add(ref: number, minTimeMs: number, maxTimeMs: number): void {
    this.#added.push(ref, minTimeMs, maxTimeMs)
  }

  /** The intervals of a series, a view that is valid until the next add. */
  of(ref: number): Intervals {
    this.#settle()
    const start = this.#firstRow(ref)
    let end = start
    while (this.#refs[end] === ref) end++
    return start === end ? noIntervals : this.#times.subarray(start * 2, end * 2)
  }

  /** How many intervals there are. */
  get count(): number {
    this.#settle()
    return this.#refs.length
  }

  /** Every interval, by reference and time. */
  visit(call: (ref: number, minTimeMs: number, maxTimeMs: number) => void): void {
    this.#settle()
    const times = this.#times
    this.#refs.forEach((ref, row) => {
      call(ref, times[row * 2] ?? 0, times[row * 2 + 1] ?? 0)
    })
  }

  #firstRow(ref: number): number {
    let [low, high] = [0, this.#refs.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#refs[middle] ?? 0) < ref) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Sorts all rows and makes one of those that meet or touch. */
  #settle(): void {
    const added = this.#added
    if (added.length === 0) return
    const known = this.#refs.length
    const rows = known + added.length / 3
    const [refs, times] = [new Float64Array(rows), new Float64Array(rows * 2)]
    refs.set(this.#refs)
    times.set(this.#times)
    for (let row = known, at = 0; row < rows; row++, at += 3) {
      refs[row] = added[at] ?? 0
      times[row * 2] = added[at + 1] ?? 0
      times[row * 2 + 1] = added[at + 2] ?? 0
    }
    added.length = 0
    const order = Uint32Array.from({ length: rows }, (_, row) => row)
    order.sort(
      (a, b) => (refs[a] ?? 0) - (refs[b] ?? 0) || (times[a * 2] ?? 0) - (times[b * 2] ?? 0),
    )
    this.#merge(order, refs, times)
  }

  #merge(order: Uint32Array, refs: Float64Array, times: Float64Array): void {
    const [ownRefs, ownTimes] = [new Float64Array(refs.length), new Float64Array(times.length)]
    let end = 0
    for (const row of order) {
      const [ref, minTimeMs, maxTimeMs] = [refs[row] ?? 0, times[row * 2] ?? 0, times[row * 2 + 1]]
      const lastMs = ownTimes[end * 2 - 1] ?? 0
      if (end > 0 && ownRefs[end - 1] === ref && minTimeMs <= lastMs + 1) {
        ownTimes[end * 2 - 1] = Math.max(lastMs, maxTimeMs ?? 0)
        continue
      }
      ownRefs[end] = ref
      ownTimes[end * 2] = minTimeMs
      ownTimes[end * 2 + 1] = maxTimeMs ?? 0
      end++
    }
    this.#refs = ownRefs.slice(0, end)
    this.#times = ownTimes.slice(0, end * 2)
  }
}

/**
 * Reads a block's tombstones (tsdb/docs/format/tombstones.md). Without a file there are none. Times
 * beyond 2^53 mean "everything" and become the outermost safe integers. Throws CorruptionError.
 */
export function readTombstones(fileSystem: FileSystem, directory: string): Tombstones {
  const path = `${directory}/${blockFile.tombstones}`
  const tombstones = new Tombstones()
  if (fileSystem.stat(path) === undefined) return tombstones
  const bytes = fileSystem.readFile(path)
  const fault = (offsetBytes: number, reason: string) =>
    new CorruptionError(directory, blockFile.tombstones, offsetBytes, reason)
  const end = bytes.length - sumBytes
  if (end < headerBytes) throw fault(bytes.length, `${bytes.length} bytes are too few`)
  const reader = new ByteReader(bytes.subarray(0, end))
  if (reader.uint32() !== magic) throw fault(0, 'not the magic number of tombstones')
  const version = reader.uint8()
  if (version !== 1) throw fault(4, `version ${version}, not 1`)
  const sum = new ByteReader(bytes.subarray(end)).uint32()
  if (crc32c(bytes, headerBytes, end) !== sum) throw fault(end, 'the checksum is another one')
  try {
    while (reader.left > 0) {
      const ref = reader.uvarint()
      const [minTimeMs, maxTimeMs] = [varintWithinSafe(reader), varintWithinSafe(reader)]
      // Prometheus writes what it was asked for, also where the end is before the start.
      if (minTimeMs <= maxTimeMs) tombstones.add(ref, minTimeMs, maxTimeMs)
    }
  } catch (thrown) {
    if (!(thrown instanceof ByteReadError)) throw thrown
    throw fault(thrown.offsetBytes, thrown.message)
  }
  return tombstones
}

/** Replaces the file: a crash leaves the old one or the new one. Answers its length. */
export function writeTombstones(
  fileSystem: FileSystem,
  directory: string,
  tombstones: Tombstones,
): number {
  const writer = new ByteWriter(64)
  writer.uint32(magic)
  writer.uint8(1)
  tombstones.visit((ref, minTimeMs, maxTimeMs) => {
    writer.uvarint(ref)
    writer.varint(minTimeMs)
    writer.varint(maxTimeMs)
  })
  writer.uint32(crc32c(writer.view(), headerBytes))
  replaceFile(fileSystem, directory, blockFile.tombstones, writer.copy())
  return writer.length
}
