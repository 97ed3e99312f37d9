import { Labels } from '../../src/model/labels.ts'
import { MemoryStorage } from '../support/memory-storage.ts'

/** A small generator of the same numbers everywhere, so that peers can be loaded with them too. */
export function* randoms(seed: number): IterableIterator<number> {
  let state = seed >>> 0
  for (;;) {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const bounds = ['0.1', '0.5', '1', '5', '+Inf']

/**
 * Counters with resets, gauges with gaps and stale markers, and classic histograms, over 40
 * minutes at 15 s, from `offsetMs` on.
 */
export function generatedStorage(seed: number, offsetMs = 0): MemoryStorage {
  const storage = new MemoryStorage()
  const random = randoms(seed)
  const next = (): number => random.next().value
  for (const job of ['api', 'db']) {
    for (const instance of ['a', 'b', 'c']) {
      const id = { job, instance }
      addCounter(storage, { __name__: 'requests_total', ...id, code: '200' }, next, offsetMs)
      addCounter(storage, { __name__: 'requests_total', ...id, code: '500' }, next, offsetMs)
      addGauge(storage, { __name__: 'temperature', ...id }, next, offsetMs)
      addHistogram(storage, { __name__: 'latency_bucket', ...id }, next, offsetMs)
    }
    addGauge(
      storage,
      { __name__: 'build_info', job, version: `v${job.length}` },
      () => 0.5,
      offsetMs,
    )
  }
  return storage
}

type Names = Readonly<Record<string, string>>
const samples = 160

function addCounter(storage: MemoryStorage, names: Names, next: () => number, offsetMs: number) {
  let value = 0
  for (let index = 0; index < samples; index++) {
    if (next() < 0.02) value = 0
    value += Math.floor(next() * 20)
    if (next() < 0.05) continue
    storage.append(Labels.of(names), offsetMs + index * 15_000, value)
  }
}

function addGauge(storage: MemoryStorage, names: Names, next: () => number, offsetMs: number) {
  for (let index = 0; index < samples; index++) {
    const place = next()
    if (place < 0.1) continue
    const value = place < 0.13 ? 'stale' : Math.round(next() * 1000) / 10 - 20
    storage.append(Labels.of(names), offsetMs + index * 15_000, value)
  }
}

function addHistogram(storage: MemoryStorage, names: Names, next: () => number, offsetMs: number) {
  const counts = bounds.map(() => 0)
  for (let index = 0; index < samples; index++) {
    let more = 0
    for (const [place, le] of bounds.entries()) {
      more += Math.floor(next() * 5)
      counts[place] = (counts[place] ?? 0) + more
      storage.append(Labels.of({ ...names, le }), offsetMs + index * 15_000, counts[place] ?? 0)
    }
  }
}
