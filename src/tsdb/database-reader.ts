import { join } from 'node:path'
import type { FileSystem } from '../base/file-system.ts'
import type { Querier, TimeRange } from '../storage/querier.ts'
import type { HeadUpdate } from './head/head-memory.ts'
import { HeadReader, type SnapshotPort } from './head/head-reader.ts'

/** What a reader in another thread is handed before each query: shared memory and plain data. */
export interface DatabaseUpdate {
  readonly head: HeadUpdate
}

/** Where the head chunk files of a data directory are. */
export const headChunksFolder = 'chunks_head'

/**
 * The database as a thread without it reads it, or the same one. Apply an update before each query:
 * the query sees what was there then.
 */
export class DatabaseReader {
  readonly #head: HeadReader

  constructor(fileSystem: FileSystem, directory: string) {
    this.#head = new HeadReader({ fileSystem, directory: join(directory, headChunksFolder) })
  }

  /** The version to ask the next update from. */
  get version(): number {
    return this.#head.version
  }

  apply(update: DatabaseUpdate): void {
    this.#head.apply(update.head)
  }

  querier(range: TimeRange, port: SnapshotPort): Querier {
    return this.#head.querier(range, port)
  }
}
