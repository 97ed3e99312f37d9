import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { SpareTime } from '../../src/base/spare-time.ts'
import { SimClock } from '../sim/sim-clock.ts'

const { spareTimeActiveMax, spareTimeLookMs, spareTimeWaitMs } = limits

/** An event loop that is active for a share of the time, and those who wait for its spare time. */
function newLoop() {
  const clock = new SimClock()
  let share = 0
  let [activeMs, sinceMs] = [0, 0]
  const active = () => activeMs + share * (clock.monotonicMs() - sinceMs)
  const spareTime = new SpareTime(clock, active)
  const found: string[] = []
  return {
    clock,
    found,
    busy(newShare: number) {
      activeMs = active()
      sinceMs = clock.monotonicMs()
      share = newShare
    },
    wait(name: string) {
      void spareTime.wait().then(() => found.push(name))
    },
  }
}

describe('spare time of a thread', () => {
  it.each([
    ['nothing', 0],
    ['half of the time', 0.5],
    ['a little less than may be', spareTimeActiveMax - 0.01],
  ])('is found after a moment in which its event loop did %s', async (_, share) => {
    const { clock, found, busy, wait } = newLoop()
    busy(1)
    await clock.advance(60_000)
    busy(share)
    wait('a')
    await clock.advance(spareTimeLookMs - 1)
    expect(found).toEqual([])
    await clock.advance(1)
    expect(found).toEqual(['a'])
  })

  it('is not while it works, but when it has nothing to do again', async () => {
    const { clock, found, busy, wait } = newLoop()
    busy(spareTimeActiveMax)
    wait('a')
    await clock.advance(spareTimeWaitMs - spareTimeLookMs * 2)
    expect(found).toEqual([])
    busy(0)
    await clock.advance(spareTimeLookMs)
    expect(found).toEqual(['a'])
  })

  it('is given now and then by one that works all the time, to each who has waited', async () => {
    const { clock, found, busy, wait } = newLoop()
    busy(1)
    wait('a')
    await clock.advance(spareTimeWaitMs / 2)
    wait('b')
    await clock.advance(spareTimeWaitMs / 2 - 1)
    expect(found).toEqual([])
    await clock.advance(1)
    expect(found).toEqual(['a'])
    wait('a again')
    await clock.advance(spareTimeWaitMs / 2)
    expect(found).toEqual(['a', 'b'])
    await clock.advance(spareTimeWaitMs / 2)
    expect(found).toEqual(['a', 'b', 'a again'])
  })

  it('is looked for only while somebody waits', async () => {
    const { clock, wait } = newLoop()
    expect(clock.timers).toBe(0)
    wait('a')
    wait('b')
    expect(clock.timers).toBe(1)
    await clock.advance(spareTimeLookMs)
    expect(clock.timers).toBe(0)
  })

  it('is measured on real threads: what keeps the event loop busy is seen', async () => {
    let looks = 0
    const clock: Clock = {
      ...systemClock,
      after: (delayMs, call) => {
        looks++
        return systemClock.after(delayMs, call)
      },
    }
    const found = new SpareTime(clock).wait().then(() => looks)
    // Each look that finds it busy is followed by another one.
    while (looks < 4) await busyTurn()
    expect(await found).toBeGreaterThanOrEqual(4)
  })
})

function busyTurn(): Promise<void> {
  const endMs = performance.now() + 5
  while (performance.now() < endMs);
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
