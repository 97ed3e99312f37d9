import type { BackgroundJob, BlockWrite, JobResult } from '../tsdb/background-jobs.ts'
import type { DatabaseUpdate } from '../tsdb/database-reader.ts'
import type { SnapshotAnswer, SnapshotAsk } from './snapshot-asks.ts'

/** What a background worker is started with: one job, and the database as it was then. */
export interface BackgroundStart {
  readonly dataDirectory: string
  readonly job: BackgroundJob
  readonly update: DatabaseUpdate
  /** Chunks of blocks are written past the page cache (row T7.8). */
  readonly isUncached: boolean
}

export type ToBackground = SnapshotAnswer

export type FromBackground =
  | SnapshotAsk
  | { readonly kind: 'wrote'; readonly write: BlockWrite }
  | { readonly kind: 'done'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly message: string }
