import { expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { registerLoopDelay } from '../../src/tool/loop-delay-metrics.ts'
import { SimClock } from '../sim/sim-clock.ts'

/** A main thread that is busy for a share of its time, and blocked when told. */
class Loop {
  readonly sim = new SimClock()
  readonly metrics = new MetricsRegistry()
  looks = 0
  busyShare = 0
  #activeMs = 0
  #blockedMs = 0

  constructor() {
    const { sim } = this
    const clock: Clock = {
      wallMs: () => sim.wallMs(),
      monotonicMs: () => sim.monotonicMs() + this.#blockedMs,
      after: (delayMs, call) => sim.after(delayMs, call),
      every: (intervalMs, call) => sim.every(intervalMs, call),
    }
    registerLoopDelay(this.metrics, clock, () => {
      this.looks += 1
      return this.#activeMs
    })
  }

  async advance(byMs: number): Promise<void> {
    for (let ms = 0; ms < byMs; ms += 10) {
      this.#activeMs += 10 * this.busyShare
      await this.sim.advance(10)
    }
  }

  /** The timers that fall due meanwhile are called after it. */
  block(forMs: number): void {
    this.#blockedMs += forMs
    this.#activeMs += forMs
  }

  /** Samples at most so many seconds late. */
  samples(le: string): number {
    return Number(this.#line(`nodejs_eventloop_delay_seconds_bucket{le="${le}"}`))
  }

  longestSeconds(): number {
    return Number(this.#line('nodejs_eventloop_lag_max_seconds'))
  }

  #line(series: string): string | undefined {
    const line = this.metrics.render().split('\n')
    return line.find((text) => text.startsWith(`${series} `))?.slice(series.length + 1)
  }
}

test('a quiet loop is looked at five times a second, a busy one twenty times', async () => {
  const loop = new Loop()
  await loop.advance(1_050)
  const before = loop.looks
  await loop.advance(10_000)
  expect(loop.looks - before).toBe(50)
  loop.busyShare = 0.2
  await loop.advance(1_000)
  const since = loop.looks
  await loop.advance(10_000)
  expect(loop.looks - since).toBe(200)
})

test('samples count time, however rare the looks: a second has twenty of them', async () => {
  const loop = new Loop()
  await loop.advance(50)
  await loop.advance(10_000)
  expect(loop.samples('+Inf')).toBe(201)
  loop.busyShare = 0.5
  await loop.advance(10_000)
  expect(loop.samples('+Inf')).toBe(401)
})

test('what blocks a quiet loop is told at the next look, and looked at closely from then on', async () => {
  const loop = new Loop()
  await loop.advance(2_050)
  expect(loop.samples('0.2')).toBe(loop.samples('+Inf'))
  loop.block(700)
  await loop.advance(200)
  expect(loop.longestSeconds()).toBeCloseTo(0.7, 2)
  expect(loop.samples('+Inf') - loop.samples('0.5')).toBe(4)
  loop.block(300)
  await loop.advance(50)
  expect(loop.samples('0.5') - loop.samples('0.2')).toBe(1)
})
