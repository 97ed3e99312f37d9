import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { isDiskFull } from '../base/disk-full.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'

/** Prometheus does not look at it. */
export const reserveFile = 'narthex.reserve'

const pieceBytes = 1 << 20

export interface DiskReserveOptions {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  /** The data directory. */
  readonly directory: string
  /** Called when room was made, and when there is room again. */
  readonly changed: () => void
}

/**
 * A file that only takes room (row 11 of the reliability table). When the disk is full it is given up:
 * flush, truncation of the log and retention can then do what frees more. Samples are refused until
 * there is room to take it again, or they would use up what it gave.
 */
export class DiskReserve {
  readonly #options: DiskReserveOptions
  readonly #path: string
  readonly #sizeBytes: number
  #fullSinceMs: number | undefined
  #triedMs = Number.NEGATIVE_INFINITY

  constructor(options: DiskReserveOptions) {
    this.#options = options
    const { fileSystem, directory } = options
    this.#path = join(directory, reserveFile)
    const share = fileSystem.diskBytes(directory).total / limits.reserveDiskShare
    this.#sizeBytes = Math.floor(Math.min(limits.reserveBytesMax, share))
  }

  /** Takes it, where it is not there from before. A disk that is full by now makes it full. */
  open(): void {
    try {
      this.#take()
    } catch (thrown) {
      const err = messageOf(thrown)
      if (isDiskFull(thrown)) this.#fullSinceMs = this.#options.clock.wallMs()
      this.#options.logger.warn('No room is kept for when the disk is full', { err })
    }
  }

  /** Whether the disk was full and there is not yet enough room. */
  get isFull(): boolean {
    return this.#fullSinceMs !== undefined
  }

  /** Since when it has been full; undefined while it is not. */
  get fullSinceMs(): number | undefined {
    return this.#fullSinceMs
  }

  /** Something failed: answers whether that was for want of room, and there is more now. */
  gaveRoomFor(thrown: unknown): boolean {
    if (!isDiskFull(thrown) || this.isFull) return false
    this.#fullSinceMs = this.#options.clock.wallMs()
    this.#drop()
    this.#options.logger.error('The disk is full: no samples are taken until there is room', {
      err: messageOf(thrown),
    })
    this.#options.changed()
    return true
  }

  /** Before samples are written: throws TSDB_READ_ONLY while the disk is full. */
  demandRoom(): void {
    if (!this.isFull || this.tryAgain()) return
    throw new NarthexError('TSDB_READ_ONLY', 'the disk is full: no samples are taken')
  }

  /** Takes it again if there is room, and as much behind it; answers whether it did. */
  tryAgain(): boolean {
    const { fileSystem, clock, directory, logger, changed } = this.#options
    const nowMs = clock.monotonicMs()
    if (!this.isFull || nowMs - this.#triedMs < limits.reserveTryMs) return false
    this.#triedMs = nowMs
    if (fileSystem.diskBytes(directory).free < this.#sizeBytes * 2) return false
    try {
      this.#take()
    } catch (thrown) {
      if (!isDiskFull(thrown))
        logger.warn('The disk is not full, and fails', { err: messageOf(thrown) })
      return false
    }
    this.#fullSinceMs = undefined
    logger.info('There is room on the disk again')
    changed()
    return true
  }

  /** Throws what the disk throws; then nothing of it is there. */
  #take(): void {
    const { fileSystem } = this.#options
    const found = fileSystem.stat(this.#path)
    if (found?.kind === 'file' && found.sizeBytes === this.#sizeBytes) return
    if (found !== undefined) fileSystem.remove(this.#path)
    const file = fileSystem.openAppend(this.#path)
    try {
      // Bytes that no file system makes smaller.
      const piece = randomFillSync(new Uint8Array(Math.min(pieceBytes, this.#sizeBytes)))
      for (let written = 0; written < this.#sizeBytes; written += piece.length) {
        file.append(piece.subarray(0, this.#sizeBytes - written))
      }
    } catch (thrown) {
      this.#drop()
      throw thrown
    } finally {
      file.close()
    }
  }

  #drop(): void {
    const { fileSystem, logger } = this.#options
    try {
      if (fileSystem.stat(this.#path) !== undefined) fileSystem.remove(this.#path)
    } catch (thrown) {
      logger.warn('The room that is kept could not be given up', { err: messageOf(thrown) })
    }
  }
}
