import { createHistogram } from 'node:perf_hooks'
import type { Clock } from '../base/clock.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'

const delayBounds = [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 5]
/** Often enough for what people feel. */
const busyLookMs = 50
/** Each look wakes the process, which is most of what an idle one costs: where little runs, few look. */
const quietLookMs = 200
/** Of the time since the last look; below it the loop is taken for quiet. */
const quietShare = 0.1

/**
 * How late timers of the main thread are called, as a sample: each look counts once for each
 * busyLookMs since the one before, so that shares of time stay what they are when looks are rarer.
 * What blocks a quiet loop for less than quietLookMs may be missed by the maximum; what follows is
 * looked at closely. The gauges' window is a scrape interval; the histogram tells of any window, and
 * adds up. One timer for both: Node's own monitor would have another.
 * @param activeMs time that the loop has been busy since some start
 */
export function registerLoopDelay(
  metrics: MetricsRegistry,
  clock: Clock,
  activeMs: () => number,
): void {
  const delay = createHistogram()
  metrics.observed(
    'nodejs_eventloop_lag_max_seconds',
    'gauge',
    'The longest event-loop delay since the last scrape.',
    () => delay.max / 1e9,
  )
  for (const percentile of [50, 90, 99]) {
    metrics.observed(
      `nodejs_eventloop_lag_p${percentile}_seconds`,
      'gauge',
      `Event-loop delay, ${percentile}th percentile since the last scrape.`,
      () => {
        const seconds = delay.percentile(percentile) / 1e9
        // Metrics are read in the order of their names: the maximum and the others are read by now.
        if (percentile === 99) delay.reset()
        return seconds
      },
    )
  }
  const delays = metrics.histogram(
    'nodejs_eventloop_delay_seconds',
    'How late timers were called on the main thread.',
    delayBounds,
  )
  let lastMs = clock.monotonicMs()
  let lastActiveMs = activeMs()
  const lookIn = (intervalMs: number): void => {
    clock.after(intervalMs, () => {
      const nowMs = clock.monotonicMs()
      const busyMs = activeMs()
      const lateMs = Math.max(0, nowMs - lastMs - intervalMs)
      for (let sample = 0; sample < intervalMs; sample += busyLookMs) {
        delays.observe(lateMs / 1_000)
        delay.record(Math.max(1, Math.round(lateMs * 1e6)))
      }
      const isQuiet = busyMs - lastActiveMs < (nowMs - lastMs) * quietShare
      lastMs = nowMs
      lastActiveMs = busyMs
      lookIn(isQuiet ? quietLookMs : busyLookMs)
    })
  }
  lookIn(busyLookMs)
}
