import { messageOf, NarthexError } from '../base/errors.ts'
import { noWalCounts, type WalCounts, WalWriter, type WalWriterOptions } from './wal/writer.ts'

/**
 * The log of out-of-order samples (row T3.3): in the format of the write-ahead log, in a folder of
 * its own, which is there only when there has been something to log.
 */
export class OutOfOrderLog {
  readonly #options: WalWriterOptions
  #writer: WalWriter | undefined
  #isClosed = false

  constructor(options: WalWriterOptions) {
    this.#options = options
  }

  get directory(): string {
    return this.#options.directory
  }

  /** Throws TSDB_READ_ONLY where it cannot be opened. */
  writer(): WalWriter {
    if (this.#writer !== undefined) return this.#writer
    if (this.#isClosed) throw new NarthexError('TSDB_READ_ONLY', 'the database is closed')
    try {
      this.#writer = WalWriter.open(this.#options)
      return this.#writer
    } catch (thrown) {
      const words = `the log of out-of-order samples cannot be opened: ${messageOf(thrown)}`
      throw new NarthexError('TSDB_READ_ONLY', words, { cause: thrown })
    }
  }

  /** The segment that is written; undefined where none is. */
  get segment(): number | undefined {
    return this.#writer?.segment
  }

  get counts(): WalCounts {
    return this.#writer?.counts ?? noWalCounts
  }

  /** As WalWriter.sync. */
  async sync(): Promise<void> {
    await this.#writer?.sync()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writer?.close()
  }
}
