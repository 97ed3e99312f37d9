import { describe, expect, it } from 'vitest'
import { SharedWakes } from '../../src/rules/shared-wakes.ts'
import { SimClock } from '../sim/sim-clock.ts'

function woken() {
  const clock = new SimClock()
  let timers = 0
  const counting = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs: number, call: () => void) => {
      timers++
      return clock.after(delayMs, call)
    },
    every: (intervalMs: number, call: () => void) => clock.every(intervalMs, call),
  }
  const wakes = new SharedWakes(counting)
  const log: string[] = []
  const nowMs = clock.monotonicMs()
  const sleep = (name: string, ms: number) =>
    wakes.at(nowMs + ms, () => log.push(`${name} ${clock.monotonicMs() - nowMs}`))
  return { clock, log, sleep, timers: () => timers }
}

describe('who sleeps until the same time', () => {
  it('is woken by one timer, whenever it went to sleep', async () => {
    const { clock, log, sleep, timers } = woken()
    sleep('a', 500)
    sleep('b', 750)
    await clock.advance(100)
    sleep('c', 500)
    expect(timers()).toBe(2)
    await clock.advance(1_000)
    expect(log).toEqual(['a 500', 'c 500', 'b 750'])
    sleep('d', 1_500)
    await clock.advance(1_000)
    expect(log.at(-1)).toBe('d 1500')
  })

  it('is not woken once that was taken back, nor are the others kept asleep', async () => {
    const { clock, log, sleep, timers } = woken()
    const first = sleep('a', 500)
    sleep('b', 500)
    const alone = sleep('c', 750)
    first.cancel()
    first.cancel()
    alone.cancel()
    sleep('d', 750)
    expect(timers()).toBe(3)
    await clock.advance(1_000)
    expect(log).toEqual(['b 500', 'd 750'])
    first.cancel()
  })
})
