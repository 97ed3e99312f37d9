import type { Clock } from './clock.ts'
import { limits } from './limits.ts'

/** Lets the event loop go on when a turn has taken its time. */
export function turnsOf(clock: Clock): () => Promise<void> | undefined {
  let beganMs = clock.monotonicMs()
  return () => {
    if (clock.monotonicMs() - beganMs < limits.mainTurnMs) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        beganMs = clock.monotonicMs()
        resolve()
      })
    })
  }
}
