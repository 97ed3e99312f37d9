import { at } from '../../base/assert.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { RecordBatch } from './record-batch.ts'

/** Readers of one log as one: each reads its pieces, and they take turns piece by piece. */
export class ReaderTeam implements ReadAhead {
  readonly #readers: readonly ReadAhead[]
  #turn = 0

  /** By their numbers. */
  constructor(readers: readonly ReadAhead[]) {
    this.#readers = readers
  }

  async next(): Promise<RecordBatch | undefined> {
    const batch = await at(this.#readers, this.#turn).next()
    const { end } = batch ?? {}
    if (end === 'piece' || end === 'segment') this.#turn = (this.#turn + 1) % this.#readers.length
    return batch
  }

  release(batch: RecordBatch): void {
    at(this.#readers, batch.place.reader).release(batch)
  }

  stop(): void {
    for (const reader of this.#readers) reader.stop()
  }
}
