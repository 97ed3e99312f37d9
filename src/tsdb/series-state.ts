import { join } from 'node:path'
import { AssertionError } from '../base/assert.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'

/** Upstream's name and keys (row T2.16). */
const fileName = 'series_state.json'
/** No server ever gave out so many refs; a damaged file might say so. */
const refMax = 2 ** 48

/** How far the refs of series and the segments of the log had come. */
export interface SeriesState {
  readonly lastRef: number
  /** -1 for none. */
  readonly lastSegment: number
  /** Nothing came after it: it was written at the end of a life. */
  readonly isClean: boolean
}

/** The file beside the log that says how far a life came; each server reads the other's. */
export class SeriesStateFile {
  readonly #fileSystem: FileSystem
  readonly #logger: Logger
  readonly #path: string
  #hasFailed = false

  /** In the directory of the log. */
  constructor(fileSystem: FileSystem, logDirectory: string, logger: Logger) {
    this.#fileSystem = fileSystem
    this.#logger = logger
    this.#path = join(logDirectory, fileName)
  }

  /** Undefined where there is none, or none that can be used, which is told. */
  read(): SeriesState | undefined {
    if (this.#fileSystem.stat(this.#path) === undefined) return undefined
    try {
      const text = new TextDecoder().decode(this.#fileSystem.readFile(this.#path))
      return stateOf(JSON.parse(text))
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
      const words = 'Fast startup: the state of series cannot be used'
      this.#logger.warn(words, { file: this.#path, err: messageOf(thrown) })
      return undefined
    }
  }

  /** Replaces it; a disk that does not take it is told once. */
  write({ lastRef, lastSegment, isClean }: SeriesState): void {
    const values = {
      last_series_id: lastRef,
      last_wal_segment: lastSegment,
      clean_shutdown: isClean,
    }
    const temporary = `${this.#path}.tmp`
    try {
      this.#fileSystem.writeFile(temporary, Buffer.from(`${JSON.stringify(values)}\n`))
      this.#fileSystem.rename(temporary, this.#path)
      this.#hasFailed = false
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
      const fields = { file: this.#path, err: messageOf(thrown) }
      if (!this.#hasFailed) this.#logger.error('State of series could not be written', fields)
      this.#hasFailed = true
    }
  }
}

function stateOf(parsed: unknown): SeriesState {
  const values: Readonly<Record<string, unknown>> =
    typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  const { last_series_id: lastRef = 0, last_wal_segment: lastSegment = 0 } = values
  const { clean_shutdown: isClean = false } = values
  if (!isWhole(lastRef) || lastRef < 0 || lastRef > refMax) {
    throw new Error(`last_series_id is ${JSON.stringify(lastRef)}`)
  }
  if (!isWhole(lastSegment)) throw new Error(`last_wal_segment is ${JSON.stringify(lastSegment)}`)
  return { lastRef, lastSegment, isClean: isClean === true }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
