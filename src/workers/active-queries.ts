import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem, InPlaceFile } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import { goJson } from '../model/go-json.ts'

const entryBytes = 1_000
const noEntry = new Uint8Array(entryBytes)

interface Tools {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * `queries.active` in the data directory, as Prometheus has it (row Q12.8): `[`, then 1,000 bytes for
 * each query that may run, which hold its JSON entry, zeros, and a comma as the last; zeros where
 * none runs. What a process that died was running is therefore named by its next start. A disk that
 * does not take it costs this record, never the queries.
 */
export class ActiveQueries {
  readonly #clock: Clock
  readonly #logger: Logger
  /** Written whole for each query. */
  readonly #entry = new Uint8Array(entryBytes)
  #file: InPlaceFile | undefined

  /** Logs what stands in the file, and empties it for `slots` queries. */
  static open(tools: Tools, directory: string, slots: number): ActiveQueries {
    const path = join(directory, 'queries.active')
    const { fileSystem, logger } = tools
    try {
      if (fileSystem.stat(path) !== undefined) {
        logUnfinished(fileSystem.readFile(path), tools)
      }
      const empty = new Uint8Array(1 + slots * entryBytes)
      empty[0] = '['.charCodeAt(0)
      fileSystem.writeFile(path, empty)
      return new ActiveQueries(tools, fileSystem.openInPlace(path))
    } catch (thrown) {
      logger.warn('Running queries are not recorded: the file cannot be used', {
        file: path,
        err: messageOf(thrown),
      })
      return new ActiveQueries(tools, undefined)
    }
  }

  private constructor({ clock, logger }: Tools, file: InPlaceFile | undefined) {
    this.#clock = clock
    this.#logger = logger
    this.#file = file
  }

  started(slot: number, query: string): void {
    writeEntry(this.#entry, query, Math.floor(this.#clock.wallMs() / 1_000))
    this.#write(slot, this.#entry)
  }

  ended(slot: number): void {
    this.#write(slot, noEntry)
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #write(slot: number, entry: Uint8Array): void {
    try {
      this.#file?.write(entry, 1 + slot * entryBytes)
    } catch (thrown) {
      this.#logger.warn('Running queries are not recorded any more', { err: messageOf(thrown) })
      this.close()
    }
  }
}

const encoder = new TextEncoder()
const head = encoder.encode('{"query":"')

/** The entry as Go writes it, with as much of the query as fits before the comma. */
function writeEntry(into: Uint8Array, query: string, seconds: number): void {
  const tail = `","timestamp_sec":${seconds}}`
  const escaped = goJson(query.slice(0, entryBytes)).slice(1, -1)
  into.set(head)
  const room = into.subarray(head.length, entryBytes - 1 - tail.length)
  const { written } = encoder.encodeInto(escaped, room)
  const tailAt = head.length + wholeEscapes(room, written)
  const { written: ended } = encoder.encodeInto(tail, into.subarray(tailAt))
  into.fill(0, tailAt + ended)
  into[entryBytes - 1] = ','.charCodeAt(0)
}

/** How many of the bytes hold no part of an escape that is cut off behind them. */
function wholeEscapes(bytes: Uint8Array, length: number): number {
  let at = 0
  while (at < length) {
    const isEscape = bytes[at] === backslash
    const end = isEscape ? at + (bytes[at + 1] === letterU ? 6 : 2) : at + 1
    if (end > length) return at
    at = end
  }
  return at
}

const backslash = '\\'.charCodeAt(0)
const letterU = 'u'.charCodeAt(0)

function logUnfinished(bytes: Uint8Array, { clock, logger }: Tools): void {
  const text = new TextDecoder().decode(bytes).replaceAll('\0', '')
  if (text.length <= 1) return
  const queries = `${text.slice(0, -1)}]`
  logger.info("These queries didn't finish in prometheus' last run:", {
    queries,
    secondsAgo: Math.floor(clock.wallMs() / 1_000 - newestSeconds(queries)),
  })
}

/** When the last of them began; entries may be torn, so this looks only for the numbers. */
function newestSeconds(queries: string): number {
  const found = [...queries.matchAll(/"timestamp_sec":(\d+)/g)].map(([, digits]) => Number(digits))
  return Math.max(0, ...found)
}
