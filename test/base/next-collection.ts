import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { onTestFinished } from 'vitest'

/** Resolves when this thread has collected garbage everywhere in its heap, from now on. */
export function nextCollection(): Promise<void> {
  const fromMs = performance.now()
  return new Promise((resolve) => {
    // It is told of earlier ones, too.
    const isNext = (entry: PerformanceEntry) => entry.startTime >= fromMs && isFull(entry)
    const observer = new PerformanceObserver((list) => {
      if (list.getEntries().some(isNext)) resolve()
    })
    observer.observe({ entryTypes: ['gc'] })
    onTestFinished(() => observer.disconnect())
  })
}

function isFull(entry: object): boolean {
  const { kind }: { readonly kind: number } = Object(Reflect.get(entry, 'detail'))
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
