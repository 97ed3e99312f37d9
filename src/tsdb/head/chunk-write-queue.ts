/** What became of the queue's chunks, by upstream's names of the operations. */
export interface ChunkQueueCounts {
  /** Chunks that were put into it. */
  add: number
  /** Chunks that left it: into a file, or because nobody needs them any more. */
  complete: number
}

/**
 * Entries of full chunks that wait in memory for a later turn to write them (row T4.6), the oldest
 * first: then the commit that closes many chunks at once does not wait for the disk.
 */
export class ChunkWriteQueue {
  readonly #sizeMax: number
  readonly #schedule: () => void
  readonly #waiting = new Set<number>()
  #isScheduled = false
  readonly counts: ChunkQueueCounts = { add: 0, complete: 0 }

  /** `schedule` has ClosedChunks.writeWaiting called in a later turn, once. */
  constructor(sizeMax: number, schedule: () => void) {
    this.#sizeMax = sizeMax
    this.#schedule = schedule
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Then chunks are written at once, as without a queue. */
  get isFull(): boolean {
    return this.#waiting.size >= this.#sizeMax
  }

  add(entry: number): void {
    this.#waiting.add(entry)
    this.counts.add++
    this.#scheduleOnce()
  }

  /** Whether the entry waited; it does not any more. */
  remove(entry: number): boolean {
    const waited = this.#waiting.delete(entry)
    if (waited) this.counts.complete++
    return waited
  }

  /** Entries that are waiting by now; those that are removed meanwhile are passed over. */
  entries(): Iterable<number> {
    return this.#waiting
  }

  /** The turn that was scheduled is over. */
  turned(): void {
    this.#isScheduled = false
    if (this.#waiting.size > 0) this.#scheduleOnce()
  }

  #scheduleOnce(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule()
  }
}
