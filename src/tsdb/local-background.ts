import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { turnsOf } from '../base/turns.ts'
import {
  type BackgroundJob,
  type BackgroundRunner,
  type BlockWrite,
  type JobResult,
  runJob,
} from './background-jobs.ts'
import { DatabaseReader, type DatabaseUpdate } from './database-reader.ts'
import type { HeadSnapshot } from './head/head-memory.ts'

/** What a job needs of the database that it runs beside. */
export interface OwnDatabase {
  readonly directory: string
  updateSince(version: number): DatabaseUpdate
  snapshot(ids: Uint32Array, count: number, sinceVersion: number): HeadSnapshot
  pin(): () => void
}

/** Runs jobs in the database's own thread, in turns: for programs without workers. */
export class LocalBackground implements BackgroundRunner {
  readonly #fileSystem: FileSystem
  readonly #clock: Clock
  readonly #database: OwnDatabase

  constructor(fileSystem: FileSystem, clock: Clock, database: OwnDatabase) {
    this.#fileSystem = fileSystem
    this.#clock = clock
    this.#database = database
  }

  async run(job: BackgroundJob, onWrite: (write: BlockWrite) => void): Promise<JobResult> {
    const database = this.#database
    const unpin = database.pin()
    try {
      const reader = new DatabaseReader(this.#fileSystem, database.directory)
      reader.apply(database.updateSince(0))
      return await runJob(job, {
        fileSystem: this.#fileSystem,
        clock: this.#clock,
        directory: database.directory,
        reader,
        port: { snapshot: async (...ask) => database.snapshot(...ask) },
        turn: turnsOf(this.#clock),
        onWrite,
      })
    } finally {
      unpin()
    }
  }
}
