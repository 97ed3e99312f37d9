import { join } from 'node:path'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'

/** How many starts in a row did not come to their end; Prometheus does not look at it. */
const attemptsFile = 'narthex.starts'

export interface ReplayAttemptsOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly logger: Logger
}

/**
 * Counts the starts that died while they replayed the log, as they do where there is not enough memory
 * for it (row 15 of the reliability table). After a few the log is read without a thread that reads
 * ahead, and the head is flushed before anything is added to it.
 */
export class ReplayAttempts {
  readonly #options: ReplayAttemptsOptions
  readonly #path: string
  /** Starts before this one that died, one after the other. */
  readonly deaths: number

  /** A start begins. */
  constructor(options: ReplayAttemptsOptions) {
    this.#options = options
    this.#path = join(options.directory, attemptsFile)
    const { fileSystem } = options
    const isThere = fileSystem.stat(this.#path)?.kind === 'file'
    const text = isThere ? new TextDecoder().decode(fileSystem.readFile(this.#path)) : ''
    this.deaths = /^[0-9]{1,9}\n$/.test(text) ? Number(text) : 0
    this.#try(() => fileSystem.writeFile(this.#path, encoder.encode(`${this.deaths + 1}\n`)))
    if (!this.isCareful) return
    options.logger.warn('Starts died one after the other: the head is flushed first', {
      starts: this.deaths,
    })
  }

  /** Memory is spared, at the cost of time. */
  get isCareful(): boolean {
    return this.deaths >= limits.replayDeathsMax
  }

  /** The start came to its end. */
  over(): void {
    const { fileSystem } = this.#options
    this.#try(() => {
      if (fileSystem.stat(this.#path) !== undefined) fileSystem.remove(this.#path)
    })
  }

  /** A disk that takes nothing must not keep the log from being read. */
  #try(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      if (!(thrown instanceof Error) || thrown instanceof NarthexError || !('code' in thrown)) {
        throw thrown
      }
      this.#options.logger.warn('Starts cannot be counted', { err: messageOf(thrown) })
    }
  }
}

const encoder = new TextEncoder()
