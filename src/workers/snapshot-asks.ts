import { SlotMap } from '../base/slot-map.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'
import type { SnapshotPort } from '../tsdb/head/head-reader.ts'

/** A request for a snapshot, as it travels to the thread that owns the head. */
export interface SnapshotAsk {
  readonly kind: 'snapshot'
  readonly ask: number
  /** The number of the query that it is for; 0 where there is but one. */
  readonly query: number
  readonly ids: Uint32Array<ArrayBuffer>
  readonly sinceVersion: number
}

/** And its answer. */
export interface SnapshotAnswer {
  readonly kind: 'snapshot'
  readonly ask: number
  readonly snapshot: HeadSnapshot
}

/** The memory that goes to whom it is sent: what many series take would be garbage of the owner of the head. */
export function memoryOf(snapshot: HeadSnapshot | undefined): readonly ArrayBuffer[] {
  if (snapshot === undefined) return []
  const { words, outOfOrder } = snapshot
  return outOfOrder === undefined ? [words.buffer] : [words.buffer, outOfOrder.buffer]
}

/** Asks the owner of the head for snapshots, and finds who waits for an answer. */
export class SnapshotAsks implements SnapshotPort {
  readonly #send: (ask: SnapshotAsk) => void
  readonly #waiting = new SlotMap<(snapshot: HeadSnapshot) => void>()
  #next = 0

  constructor(send: (ask: SnapshotAsk) => void) {
    this.#send = send
  }

  snapshot(
    ids: Uint32Array,
    count: number,
    sinceVersion: number,
    query = 0,
  ): Promise<HeadSnapshot> {
    const ask = this.#next++
    return new Promise((resolve) => {
      this.#waiting.add(ask, resolve)
      this.#send({ kind: 'snapshot', ask, query, ids: ids.slice(0, count), sinceVersion })
    })
  }

  answer({ ask, snapshot }: SnapshotAnswer): void {
    this.#waiting.take(ask)?.(snapshot)
  }
}
