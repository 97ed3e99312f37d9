import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

/**
 * Calls `expire` once after `delayMs`, but not before the other side had its time and the network was
 * looked at: where this process was busy, the timer comes late and ahead of what has arrived
 * meanwhile, and the request itself may have been sent late. So a turn of the event loop that came
 * late is made up for by as much time again, at most `delayMs`.
 */
export function deadlineAfter(clock: Clock, delayMs: number, expire: () => void): Timer {
  let timer = arm(delayMs)
  function arm(waitMs: number): Timer {
    const dueMs = clock.monotonicMs() + waitMs
    return clock.after(waitMs, () => {
      const lateMs = clock.monotonicMs() - dueMs
      if (lateMs < limits.lateTurnMs) expire()
      else timer = arm(Math.min(lateMs, delayMs))
    })
  }
  return { cancel: () => timer.cancel() }
}
