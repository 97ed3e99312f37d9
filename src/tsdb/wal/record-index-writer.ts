import { join } from 'node:path'
import { AssertionError } from '../../base/assert.ts'
import { crc32c } from '../../base/crc32c.ts'
import type { AppendFile, FileSystem } from '../../base/file-system.ts'
import {
  entryHeadBytes,
  frameHeadBytes,
  type RecordPlace,
  type RecordRows,
  runBytes,
} from './record-index.ts'
import { isSegmentName, listSegments, segmentName } from './segment-files.ts'

/** Of the log: how much of it one frame is about. */
const logBytesPerFrame = 1 << 20
/** With room for an entry of any size. */
const frameBytes = 1 << 14

/**
 * Writes down what a log's records of samples are about, so that a start can pass over those that it
 * needs not. Nobody depends on it: what a disk does not take is left out, and nothing is synced.
 */
export class RecordIndexWriter {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #logDirectory: string
  readonly #bytes = new Uint8Array(frameBytes)
  readonly #view = new DataView(this.#bytes.buffer)
  #length = frameHeadBytes
  /** In the segment: what the frame begins with. */
  #start = 0
  #segment = -1
  #file: AppendFile | undefined

  constructor(fileSystem: FileSystem, directory: string, logDirectory: string) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#logDirectory = logDirectory
  }

  /** The segment has a record here; in the order of segments, and of places in each. */
  add(segment: number, place: RecordPlace, { minTimeMs, maxTimeMs, runs }: RecordRows): void {
    const length = entryHeadBytes + (runs.length / 2) * runBytes
    if (segment !== this.#segment) this.#begin(segment)
    else if (this.#length + length > frameBytes) this.#flush()
    if (this.#file === undefined || place.end >= 2 ** 32) return
    if (this.#length === frameHeadBytes) this.#start = place.start
    const view = this.#view
    let at = this.#length
    view.setUint32(at, place.start, true)
    view.setUint32(at + 4, place.end, true)
    view.setUint32(at + 8, place.checksum, true)
    view.setUint32(at + 12, runs.length / 2, true)
    view.setFloat64(at + 16, minTimeMs, true)
    view.setFloat64(at + 24, maxTimeMs, true)
    at += entryHeadBytes
    for (const ref of runs) {
      view.setFloat64(at, ref, true)
      at += 8
    }
    this.#length = at
    if (place.end - this.#start >= logBytesPerFrame) this.#flush()
  }

  close(): void {
    this.#flush()
    this.#attempt(() => this.#file?.close())
    this.#file = undefined
  }

  #begin(segment: number): void {
    this.close()
    this.#segment = segment
    this.#attempt(() => {
      this.#fileSystem.makeDirectory(this.#directory)
      this.#removeOld(segment)
      const path = join(this.#directory, segmentName(segment))
      this.#file = this.#fileSystem.openAppend(path, { exclusive: true })
    })
  }

  /** Of segments that are gone, and of another one of this number. */
  #removeOld(segment: number): void {
    const [first] = listSegments(this.#fileSystem, this.#logDirectory)
    for (const name of this.#fileSystem.list(this.#directory)) {
      if (!isSegmentName(name)) continue
      const isGone = Number(name) < (first?.number ?? 0) || Number(name) >= segment
      if (isGone) this.#fileSystem.remove(join(this.#directory, name))
    }
  }

  #flush(): void {
    const end = this.#length
    this.#length = frameHeadBytes
    if (end === frameHeadBytes) return
    const entries = this.#bytes.subarray(frameHeadBytes, end)
    this.#view.setUint32(0, entries.length, true)
    this.#view.setUint32(4, crc32c(entries), true)
    this.#attempt(() => this.#file?.append(this.#bytes.subarray(0, end)))
  }

  /** Where something fails, the rest of the segment is not indexed. */
  #attempt(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
      this.#file = undefined
    }
  }
}
