import { Worker } from 'node:worker_threads'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { CoveredSpans } from '../tsdb/wal/covered-spans.ts'
import type { ReadAhead, ReadOrder } from '../tsdb/wal/read-ahead.ts'
import { RecordBatch, type RecordBatchMessage } from '../tsdb/wal/record-batch.ts'

/** Batches; see batchesAhead. */
const releasedAtOnce = 4

/** What the thread is told: first what to read, then what it may leave out, and batches that are free again. */
export type LogReaderMessage =
  | { readonly order: ReadOrder }
  | { readonly covered: CoveredSpans }
  | { readonly free: readonly number[] }

/** Reads a log, or its pieces of one, in a thread of its own. If it dies, the replay reads by itself. */
export class LogReaderThread implements ReadAhead {
  readonly #worker: Worker
  readonly #batches: RecordBatch[] = []
  /** By number, as they last came. */
  readonly #known: RecordBatch[] = []
  #released: number[] = []
  #isOver = false
  #wake: () => void = () => undefined

  /** `source` is the thread's code, one CommonJS text. It waits for begin(). */
  constructor(source: string, logger: Logger) {
    this.#worker = new Worker(source, { eval: true, name: 'log reader' })
    this.#worker.on('message', (message: RecordBatchMessage) => {
      const batch = RecordBatch.of(message, this.#known[message.number])
      this.#known[message.number] = batch
      this.#batches.push(batch)
      this.#wake()
    })
    this.#worker.on('error', (thrown) => {
      logger.warn('The log cannot be read ahead', { err: messageOf(thrown) })
    })
    this.#worker.on('exit', () => {
      this.#isOver = true
      this.#wake()
    })
  }

  begin(order: ReadOrder): void {
    const message: LogReaderMessage = { order }
    this.#worker.postMessage(message)
  }

  /** What is covered need not be handed on, from where it is by now. */
  leaveOut(covered: CoveredSpans | undefined): void {
    if (covered === undefined) return
    const message: LogReaderMessage = { covered }
    this.#worker.postMessage(message)
  }

  async next(): Promise<RecordBatch | undefined> {
    while (this.#batches.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#batches.shift()
  }

  release(batch: RecordBatch): void {
    if (this.#isOver) return
    this.#released.push(batch.number)
    // The thread that waits for one is woken for several at once, while there are others to take in.
    if (this.#released.length < releasedAtOnce && this.#batches.length > 0) return
    const message: LogReaderMessage = { free: this.#released }
    this.#worker.postMessage(message)
    this.#released = []
  }

  stop(): void {
    this.#isOver = true
    // Whatever becomes of it: nobody waits for it any more.
    void this.#worker.terminate()
    this.#wake()
  }
}
