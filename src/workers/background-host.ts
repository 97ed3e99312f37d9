import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { runJob } from '../tsdb/background-jobs.ts'
import { DatabaseReader } from '../tsdb/database-reader.ts'
import type { BackgroundStart, FromBackground } from './background-protocol.ts'
import { SnapshotAsks } from './snapshot-asks.ts'

export interface BackgroundHostOptions {
  readonly clock: Clock
  readonly fileSystem: FileSystem
  readonly start: BackgroundStart
  readonly send: (message: FromBackground) => void
}

/** What runs in the background worker: one job over the database's files and the shared head. */
export class BackgroundHost {
  readonly asks: SnapshotAsks
  readonly #options: BackgroundHostOptions

  constructor(options: BackgroundHostOptions) {
    this.#options = options
    this.asks = new SnapshotAsks(options.send)
  }

  /** Sends the result or the failure; never rejects. */
  async run(): Promise<void> {
    const { clock, fileSystem, start, send } = this.#options
    const { dataDirectory, job, update } = start
    try {
      const reader = new DatabaseReader(fileSystem, dataDirectory)
      reader.apply(update)
      const result = await runJob(job, {
        fileSystem,
        clock,
        directory: dataDirectory,
        reader,
        port: this.asks,
        turn: () => undefined,
        onWrite: (write) => send({ kind: 'wrote', write }),
      })
      send({ kind: 'done', result })
    } catch (thrown) {
      send({ kind: 'failed', message: messageOf(thrown) })
    }
  }
}
