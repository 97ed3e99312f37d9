import { constants, createHistogram, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { Clock } from '../base/clock.ts'
import type { Histogram, MetricsRegistry } from '../base/self-metrics.ts'

const pauseBounds = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 1]
const delayBounds = [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 5]
/** Often enough for what people feel. Each look wakes the process, which is most of what an idle one costs. */
const delaySampleMs = 50

/** What Node tells of its heap, its collections and its event loop, under prom-client's names. */
export function registerRuntime(metrics: MetricsRegistry, clock: Clock): void {
  metrics.observed(
    'nodejs_heap_size_used_bytes',
    'gauge',
    'Used bytes of the JavaScript heap.',
    () => getHeapStatistics().used_heap_size,
  )
  metrics.observed(
    'nodejs_heap_size_total_bytes',
    'gauge',
    'Bytes of the JavaScript heap.',
    () => getHeapStatistics().total_heap_size,
  )
  metrics.observed(
    'nodejs_external_memory_bytes',
    'gauge',
    'Bytes outside of the heap that objects of the main thread hold.',
    () => process.memoryUsage().external,
  )
  metrics.observed(
    'nodejs_heap_space_size_used_bytes',
    'gauge',
    'Used bytes of the JavaScript heap by space.',
    () =>
      getHeapSpaceStatistics().map(({ space_name, space_used_size }) => [
        { space: space_name.replace(/_space$/, '') },
        space_used_size,
      ]),
  )
  metrics.observed(
    'nodejs_active_resources_total',
    'gauge',
    'What the event loop of the main thread waits for.',
    () => process.getActiveResourcesInfo().length,
  )
  registerEventLoop(metrics, clock)
  registerCollections(metrics)
}

/**
 * The gauges' window is a scrape interval; the histogram tells of any window, and adds up. One timer
 * for both: Node's own monitor would have another.
 */
function registerEventLoop(metrics: MetricsRegistry, clock: Clock): void {
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
    `How late a timer of ${delaySampleMs} ms was called on the main thread.`,
    delayBounds,
  )
  let lastMs = clock.monotonicMs()
  clock.every(delaySampleMs, () => {
    const nowMs = clock.monotonicMs()
    const lateMs = Math.max(0, nowMs - lastMs - delaySampleMs)
    delays.observe(lateMs / 1_000)
    delay.record(Math.max(1, Math.round(lateMs * 1e6)))
    lastMs = nowMs
  })
}

/** Of the main thread: the time that ingestion and requests waited for. */
function registerCollections(metrics: MetricsRegistry): void {
  const histogramOf = (kind: string): Histogram =>
    metrics.histogram(
      'nodejs_gc_duration_seconds',
      'Pauses of the main thread for collections of the JavaScript heap.',
      pauseBounds,
      { kind },
    )
  const kinds = new Map<number, Histogram>([
    [constants.NODE_PERFORMANCE_GC_MAJOR, histogramOf('major')],
    [constants.NODE_PERFORMANCE_GC_MINOR, histogramOf('minor')],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, histogramOf('incremental')],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, histogramOf('weakcb')],
  ])
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const detail: unknown = Reflect.get(entry, 'detail')
      const kind: unknown = Reflect.get(Object(detail), 'kind')
      kinds.get(Number(kind))?.observe(entry.duration / 1_000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
}
