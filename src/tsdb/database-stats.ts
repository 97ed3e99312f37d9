import type { ExemplarStats } from '../storage/exemplars.ts'
import type { HeadStats } from './head/head.ts'
import type { RefusedCounts } from './head/refused-counts.ts'
import type { WithoutSeries } from './load-head.ts'
import type { MaintenanceStats } from './maintenance.ts'
import type { WalCompression } from './wal/compression.ts'
import type { WalCounts } from './wal/writer.ts'

/** What a database says of itself when it is asked. */
export interface DatabaseStats extends HeadStats {
  /** The oldest timestamp, in blocks or in the head; undefined where there is none. */
  readonly lowestMs: number | undefined
  readonly log: WalCounts
  readonly outOfOrderLog: WalCounts
  readonly logCompression: WalCompression
  readonly chunkFilesDamaged: number
  /** Of the log that was replayed: samples and exemplars that belong to nothing. */
  readonly replayedWithoutSeries: WithoutSeries
  readonly walSegment: number
  readonly walCorruptions: number
  readonly walReplaySeconds: number
  /** A memory snapshot was there at the start, and could not be used. */
  readonly snapshotFailed: boolean
  /** How often blocks were looked for, and how often that failed. */
  readonly reloads: number
  readonly reloadsFailed: number
  readonly blocks: number
  readonly blockBytes: number
  /** Blocks that are known to be damaged, and how often one was read through to find out. */
  readonly damagedBlocks: number
  readonly blockVerifications: number
  /** Then samples are refused. */
  readonly isDiskFull: boolean
  /** By how much the clock was set, while retention by time does not believe it; else 0. */
  readonly clockJumpMs: number
  readonly maintenance: Readonly<MaintenanceStats>
  readonly exemplars: ExemplarStats
  /** Samples that were refused for their time, and those that were taken out of order. */
  readonly refused: RefusedCounts
  readonly outOfOrderAppended: { readonly floats: number; readonly histograms: number }
  /** Of the log of out-of-order samples; undefined while there is nothing in it. */
  readonly outOfOrderLogSegment: number | undefined
}
