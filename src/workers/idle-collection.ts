import { getHeapStatistics } from 'node:v8'
import type { Clock, Timer } from '../base/clock.ts'
import { collectGarbage } from '../base/collect-garbage.ts'
import { collectInSlices } from '../base/collect-in-slices.ts'
import { limits } from '../base/limits.ts'

/**
 * Collects what a thread's work has left when it has nothing to do: V8 looks for memory of typed arrays
 * only when there are 64 MiB more of it, and never while the thread is idle.
 */
export class IdleCollection {
  readonly #clock: Clock
  #timer: Timer | undefined
  /** Works that have begun and not ended. */
  #working = 0
  /** The least that was held when a work began behind the last collection: nothing of that was garbage. */
  #keptBytes: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(): void {
    this.#timer?.cancel()
    const isFirst = this.#working++ === 0
    // What the last collection found may be given back only now.
    if (isFirst)
      this.#keptBytes = Math.min(this.#keptBytes ?? Number.POSITIVE_INFINITY, heldBytes())
  }

  /** Of work that came to nothing all is garbage, which is not left to grow until the thread is idle. */
  end(outcome: 'done' | 'failed'): void {
    this.#working--
    if (this.#working > 0) return
    if (outcome === 'failed') this.#collect(collectGarbage)
    else {
      this.#timer = this.#clock.after(limits.idleCollectionMs, () => this.#collect(collectInSlices))
    }
  }

  #collect(collect: () => void): void {
    if (heldBytes() - (this.#keptBytes ?? 0) < limits.idleGarbageBytesMax) return
    collect()
    this.#keptBytes = undefined
  }
}

/** Of the calling thread, garbage included; memory that threads share is not. */
function heldBytes(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics()
  return heap + outside
}
