import type { Clock, Timer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import { watchedFilesChecksum } from '../config/watched-files.ts'

export interface AutoReloadOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly path: string
  /** At least 1 s (row F1.3). */
  readonly intervalMs: number
  /** Rejects where the new configuration is not taken; whoever gives it has logged why. */
  readonly reload: () => Promise<void>
}

const intervalMsMin = 1_000

/**
 * Loads the configuration again when its files changed (row F1.2). What was refused is tried again
 * at every interval, as upstream does. Protocol: start() once, loaded() after a load that somebody
 * else asked for, stop() at the end.
 */
export class AutoReload {
  readonly #options: AutoReloadOptions
  #checksum = ''
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: AutoReloadOptions) {
    this.#options = options
  }

  start(): void {
    const { logger, intervalMs } = this.#options
    logger.info('Automatic configuration file reloading enabled', { intervalMs })
    this.loaded()
    this.#wait()
  }

  /** What the files say now is what is in force. */
  loaded(): void {
    this.#checksum = this.#current() ?? ''
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #wait(): void {
    if (this.#isStopped) return
    const { clock, intervalMs } = this.#options
    this.#timer = clock.after(Math.max(intervalMs, intervalMsMin), () => {
      this.#look().finally(() => this.#wait())
    })
  }

  async #look(): Promise<void> {
    const { logger, reload } = this.#options
    const checksum = this.#current()
    if (checksum !== undefined && checksum === this.#checksum) return
    logger.info('Configuration file change detected, reloading the configuration.')
    try {
      await reload()
      this.#checksum = checksum ?? ''
    } catch (thrown) {
      logger.debug('The failed reload has been logged', { err: messageOf(thrown) })
    }
  }

  #current(): string | undefined {
    const { fs, logger, path } = this.#options
    try {
      return watchedFilesChecksum(fs, path)
    } catch (thrown) {
      logger.error('Files of the configuration cannot be read', { err: messageOf(thrown) })
      return undefined
    }
  }
}
