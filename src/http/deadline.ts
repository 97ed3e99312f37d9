import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

/**
 * Calls `expire` once after `delayMs`, but not before the network was looked at in time: where this
 * process was busy, the timer comes late and ahead of what has arrived meanwhile, and the other side
 * is not to blame for that. So each turn of the event loop that came late is followed by one more.
 */
export function deadlineAfter(clock: Clock, delayMs: number, expire: () => void): Timer {
  let timer = arm(delayMs)
  function arm(waitMs: number): Timer {
    const dueMs = clock.monotonicMs() + waitMs
    return clock.after(waitMs, () => {
      if (clock.monotonicMs() - dueMs < limits.lateTurnMs) expire()
      else timer = arm(0)
    })
  }
  return { cancel: () => timer.cancel() }
}
