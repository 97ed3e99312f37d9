import { getHeapStatistics } from 'node:v8'
import type { Clock, Timer } from '../base/clock.ts'
import { collectGarbage } from '../base/collect-garbage.ts'
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
  /** Held when the first work behind the last collection began, when nothing of that was garbage. */
  #keptBytes: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(): void {
    this.#working++
    this.#timer?.cancel()
    this.#keptBytes ??= heldBytes()
  }

  /** Of work that came to nothing all is garbage, which is not left to grow until the thread is idle. */
  end(outcome: 'done' | 'failed'): void {
    this.#working--
    if (this.#working > 0) return
    if (outcome === 'failed') this.#collect()
    else this.#timer = this.#clock.after(limits.idleCollectionMs, () => this.#collect())
  }

  #collect(): void {
    if (heldBytes() - (this.#keptBytes ?? 0) < limits.idleGarbageBytesMax) return
    collectGarbage()
    this.#keptBytes = undefined
  }
}

/** Of the calling thread, garbage included; memory that threads share is not. */
function heldBytes(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics()
  return heap + outside
}
