import { performance } from 'node:perf_hooks'

/** A timer that can be taken back; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void
}

/** All time of the program. The simulated twin is test/sim/sim-clock.ts. */
export interface Clock {
  /** Milliseconds since 1970 UTC, with fractions where the system has them; may step. */
  wallMs(): number
  /** Milliseconds since some start; never steps back. */
  monotonicMs(): number
  /** Calls once after delayMs (0 = as soon as pending I/O had its turn). */
  after(delayMs: number, call: () => void): Timer
  /** Calls every intervalMs until cancelled. */
  every(intervalMs: number, call: () => void): Timer
}

/** setTimeout turns a longer delay into 1 ms. */
const timeoutMsMax = 2 ** 31 - 1

export const systemClock: Clock = {
  wallMs: () => performance.timeOrigin + performance.now() + driftMs(),
  monotonicMs: () => performance.now(),
  after(delayMs, call) {
    const handle = setTimeout(call, Math.min(Math.max(delayMs, 0), timeoutMsMax))
    return { cancel: () => clearTimeout(handle) }
  },
  every(intervalMs, call) {
    const handle = setInterval(call, Math.min(intervalMs, timeoutMsMax))
    return { cancel: () => clearInterval(handle) }
  },
}

// timeOrigin is taken once: when the system clock is stepped, only Date.now follows it. Where the
// two agree to a few milliseconds the finer one is used, else the stepped one wins.
function driftMs(): number {
  const drift = Date.now() - (performance.timeOrigin + performance.now())
  return Math.abs(drift) > 5 ? drift : 0
}
