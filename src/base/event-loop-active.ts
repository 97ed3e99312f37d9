import { performance } from 'node:perf_hooks'

/** How long the calling thread's event loop has done something since it began. */
export function eventLoopActiveMs(): number {
  return performance.eventLoopUtilization().active
}
