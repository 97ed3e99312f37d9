import { Worker } from 'node:worker_threads'
import type { ScannedChunkFiles } from '../tsdb/head/scanned-chunk-files.ts'
import type { CoveredSpans } from '../tsdb/wal/covered-spans.ts'
import type { ReadOrder } from '../tsdb/wal/read-ahead.ts'
import type { RecordBatchMessage } from '../tsdb/wal/record-batch.ts'

/**
 * What the thread is told: what to read, then what it may leave out, and batches that are free again;
 * before all that mayhap of a folder of head chunk files, which it scans.
 */
export type LogReaderMessage =
  | { readonly chunkFiles: string }
  | { readonly order: ReadOrder }
  | { readonly covered: CoveredSpans }
  | { readonly free: readonly number[] }

/** What it answers. */
export type LogReaderAnswer =
  | { readonly batch: RecordBatchMessage }
  | { readonly scanned: ScannedChunkFiles | undefined }

/** `source` is the thread's code, one CommonJS text. It waits for what it is told. */
export function logReaderWorker(source: string): Worker {
  return new Worker(source, { eval: true, name: 'log reader' })
}
