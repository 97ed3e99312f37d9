import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { LineFile } from '../base/line-file.ts'
import type { Logger } from '../base/logger.ts'

/** A scrape that brought no page. */
export interface FailedScrape {
  readonly jobName: string
  /** The URL that was asked for. */
  readonly target: string
  readonly message: string
}

interface FailureLog {
  readonly file: LineFile
  /** The last line could not be written; told once. */
  isFailing: boolean
}

/**
 * The files of scrape_failure_log_file (rows S5.1, C2.7, C3.9): a line of JSON for each scrape that
 * brought no page, as upstream writes it but for `source`, a place in upstream's code. As upstream's,
 * they tell nothing of pages that came and were refused. Jobs that name the same file share it.
 */
export class ScrapeFailureLogs {
  readonly #fileSystem: FileSystem
  readonly #clock: Clock
  readonly #logger: Logger
  #logs = new Map<string, FailureLog>()

  constructor(tools: {
    readonly fs: FileSystem
    readonly clock: Clock
    readonly logger: Logger
  }) {
    this.#fileSystem = tools.fs
    this.#clock = tools.clock
    this.#logger = tools.logger
  }

  /**
   * Opens exactly these, the ones of before anew; '' stands for none. Throws CONFIG_INVALID where one
   * cannot be opened, and then goes on with those of before.
   */
  use(paths: Iterable<string>): void {
    const logs = new Map<string, FailureLog>()
    for (const path of new Set(paths)) {
      if (path === '') continue
      try {
        logs.set(path, { file: new LineFile(this.#fileSystem, path), isFailing: false })
      } catch (thrown) {
        closeAll(logs)
        const words = `scrape_failure_log_file ${path} cannot be opened: ${messageOf(thrown)}`
        throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
      }
    }
    closeAll(this.#logs)
    this.#logs = logs
  }

  /** Writes to one of the files in use; a path that is not in use takes nothing. */
  log(path: string, failed: FailedScrape): void {
    const log = this.#logs.get(path)
    if (log === undefined) return
    try {
      log.file.append(failureLine(new Date(this.#clock.wallMs()).toISOString(), failed))
      log.isFailing = false
    } catch (thrown) {
      const err = messageOf(thrown)
      if (!log.isFailing) this.#logger.error("can't log failed scrapes", { file: path, err })
      log.isFailing = true
    }
  }

  close(): void {
    this.use([])
  }
}

function closeAll(logs: ReadonlyMap<string, FailureLog>): void {
  for (const { file } of logs.values()) file.close()
}

function failureLine(time: string, { jobName, target, message }: FailedScrape): string {
  return JSON.stringify({ time, level: 'ERROR', msg: message, job_name: jobName, target })
}
