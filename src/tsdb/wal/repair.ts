import { dirname } from 'node:path'
import type { AppendFile, FileSystem } from '../../base/file-system.ts'
import { WalCorruption } from './corruption.ts'
import { FragmentBuffer } from './fragment-buffer.ts'
import { quarantine } from './quarantine.ts'
import { SegmentReader } from './segment-reader.ts'
import type { DamagedPart } from './segment-scan.ts'

/** Of a segment that is being written anew; never a segment's name, and swept at the next start. */
export const rewriteSuffix = '.tmp'

/** Written at once. */
const pieceBytes = 1 << 20

export interface SegmentRepairOptions {
  readonly fileSystem: FileSystem
  /** The log's directory, also where the segment is one of a checkpoint. */
  readonly logDirectory: string
  readonly path: string
  readonly sizeBytes: number
  readonly damage: readonly DamagedPart[]
  /** It is the end of the log, where a torn record is what a dying process leaves. */
  readonly isLast: boolean
}

/**
 * Takes damage out of a segment, so that this and every later reader finds a clean one; Prometheus
 * would cut the whole log there. The bytes go to the quarantine first. A damaged end is cut off;
 * damage within the segment has it written anew beside and renamed over the old one. What the
 * quarantine has no room for stays where it is, but for a torn end of the log. Call step until it is
 * false.
 */
export class SegmentRepair {
  readonly #options: SegmentRepairOptions
  readonly #fragments = new FragmentBuffer()
  #reader: SegmentReader | undefined
  #file: AppendFile | undefined

  constructor(options: SegmentRepairOptions) {
    this.#options = options
    const { fileSystem, logDirectory, path, damage, sizeBytes, isLast } = options
    const kept = damage.map((part) => quarantine(fileSystem, logDirectory, path, part))
    const isKept = !kept.includes(false)
    const [first] = damage
    if (
      (isKept || isLast) &&
      damage.length === 1 &&
      first !== undefined &&
      first.end === sizeBytes
    ) {
      fileSystem.truncate(path, first.start)
      fileSystem.syncFile(path)
    } else if (isKept) this.#beginRewrite()
  }

  #beginRewrite(): void {
    const { fileSystem, path } = this.#options
    const target = path + rewriteSuffix
    if (fileSystem.stat(target) !== undefined) fileSystem.remove(target)
    this.#reader = new SegmentReader(fileSystem, path)
    this.#file = fileSystem.openAppend(target, { exclusive: true })
  }

  /** Reads about so many bytes further; false when the repair is done. */
  step(bytes: number): boolean {
    const reader = this.#reader
    if (reader === undefined) return false
    const until = reader.offset + bytes
    while (reader.offset < until) {
      if (this.#copyRecord(reader)) continue
      this.#finish(reader)
      return false
    }
    return true
  }

  close(): void {
    this.#reader?.close()
    this.#file?.close()
    this.#reader = undefined
    this.#file = undefined
  }

  /** False at the end. */
  #copyRecord(reader: SegmentReader): boolean {
    try {
      if (reader.next() === undefined) return false
    } catch (thrown) {
      if (!(thrown instanceof WalCorruption)) throw thrown
      reader.resume()
      return true
    }
    if (this.#isDamaged(reader.recordStart)) return true
    const { bytes, flags } = reader.stored
    this.#fragments.add(bytes, flags)
    if (this.#fragments.length >= pieceBytes) this.#write()
    return true
  }

  #isDamaged(recordStart: number): boolean {
    return this.#options.damage.some(({ start, end }) => recordStart >= start && recordStart < end)
  }

  #write(): void {
    this.#file?.append(this.#fragments.view())
    this.#fragments.begin(this.#fragments.offset)
  }

  #finish(reader: SegmentReader): void {
    const { fileSystem, path } = this.#options
    // Segments behind this one exist or will: its last page is filled, as if it had been left.
    this.#fragments.padPage()
    this.#write()
    this.#file?.syncDataNow()
    reader.close()
    this.#file?.close()
    this.#reader = undefined
    this.#file = undefined
    fileSystem.rename(path + rewriteSuffix, path)
    fileSystem.syncDirectory(dirname(path))
  }
}
