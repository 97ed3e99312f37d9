import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { Clock } from '../base/clock.ts'
import { eventLoopActiveMs } from '../base/event-loop-active.ts'
import type { Histogram, MetricsRegistry } from '../base/self-metrics.ts'
import { registerLoopDelay } from './loop-delay-metrics.ts'

const pauseBounds = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 1]

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
  registerLoopDelay(metrics, clock, eventLoopActiveMs)
  registerCollections(metrics)
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
