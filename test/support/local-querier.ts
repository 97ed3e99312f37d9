import type { FileSystem } from '../../src/base/file-system.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import type { Querier, TimeRange } from '../../src/storage/querier.ts'
import { DatabaseReader } from '../../src/tsdb/database-reader.ts'
import type { Database } from '../../src/tsdb/db.ts'

export const allTime: TimeRange = { minTimeMs: -8.64e15, maxTimeMs: 8.64e15 }

/** A reader of a database in its own thread; it may be used for many queries. */
export function readerOf(database: Database, fileSystem: FileSystem = nodeFileSystem) {
  return new DatabaseReader(fileSystem, database.directory)
}

/** A querier over what the database holds now. */
export function localQuerier(
  database: Database,
  reader = readerOf(database),
  range = allTime,
): Querier {
  reader.apply(database.updateSince(reader.version))
  return reader.querier(range, {
    snapshot: async (ids, count, since) => database.snapshot(ids, count, since),
  })
}
