/** Where a transaction is written before it is in memory; throws TSDB_READ_ONLY, see WalWriter. */
export interface SampleLog {
  log(records: readonly Uint8Array[]): void
}
