import type { RecordRows } from '../wal/record-index.ts'

/** Where a transaction is written before it is in memory; throws TSDB_READ_ONLY, see WalWriter. */
export interface SampleLog {
  /** `rows` are of those records that have samples in order. */
  log(records: readonly Uint8Array[], rows?: readonly (RecordRows | undefined)[]): void
}
