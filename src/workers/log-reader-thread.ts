import type { Worker } from 'node:worker_threads'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { CoveredSpans } from '../tsdb/wal/covered-spans.ts'
import type { ReadAhead, ReadOrder } from '../tsdb/wal/read-ahead.ts'
import { RecordBatch } from '../tsdb/wal/record-batch.ts'
import type { LogReaderAnswer, LogReaderMessage } from './log-reader-worker.ts'

/** Batches; see batchesAhead. */
const releasedAtOnce = 4

/** Reads a log, or its pieces of one, in a thread of its own. If it dies, the replay reads by itself. */
export class LogReaderThread implements ReadAhead {
  readonly #worker: Worker
  readonly #batches: RecordBatch[] = []
  /** By number, as they last came. */
  readonly #known: RecordBatch[] = []
  #released: number[] = []
  #isOver = false
  #wake: () => void = () => undefined

  /** It waits for begin(). */
  constructor(worker: Worker, logger: Logger) {
    this.#worker = worker
    worker.ref()
    this.#worker.on('message', (answer: LogReaderAnswer) => {
      if (!('batch' in answer)) return
      const { number } = answer.batch
      const batch = RecordBatch.of(answer.batch, this.#known[number])
      this.#known[number] = batch
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
