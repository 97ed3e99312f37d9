import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { RehearsalTime } from '../../src/workers/rehearsal-time.ts'
import { SimClock } from '../sim/sim-clock.ts'

const { rehearsalDelayMs } = limits

/** Rehearsals that end when they are told to, or find the worker busy. */
function newWorker() {
  const clock = new SimClock()
  const asked: (() => boolean)[] = []
  const ends: (() => void)[] = []
  const worker = { clock, asked, ends, isAnswering: false, failures: [] as unknown[] }
  const time = new RehearsalTime(clock, {
    begin: (isBusy) => {
      asked.push(isBusy)
      return new Promise((resolve) => ends.push(resolve))
    },
    isAnswering: () => worker.isAnswering,
    failed: (thrown) => worker.failures.push(thrown),
  })
  return { ...worker, time, busy: (isAnswering: boolean) => Object.assign(worker, { isAnswering }) }
}

describe('when a query worker rehearses', () => {
  it('is a while after its start, once', async () => {
    const { clock, time, asked, ends } = newWorker()
    time.soon()
    await clock.advance(rehearsalDelayMs - 1)
    expect(asked).toHaveLength(0)
    await clock.advance(1)
    expect(asked).toHaveLength(1)
    ends[0]?.()
    await clock.advance(rehearsalDelayMs * 10)
    expect(asked).toHaveLength(1)
  })

  it('is not while it helps another one, but when nobody has asked for as long', async () => {
    const { clock, time, asked } = newWorker()
    time.soon()
    for (let second = 0; second < 30; second++) {
      await clock.advance(1_000)
      time.helped()
    }
    expect(asked).toHaveLength(0)
    await clock.advance(rehearsalDelayMs * 2)
    expect(asked).toHaveLength(1)
  })

  it('is over where it is asked to help meanwhile, and begins again when that is long ago', async () => {
    const { clock, time, asked, ends } = newWorker()
    time.soon()
    await clock.advance(rehearsalDelayMs)
    expect(asked[0]?.()).toBe(false)
    time.helped()
    expect(asked[0]?.()).toBe(true)
    ends[0]?.()
    await clock.advance(1)
    await clock.advance(rehearsalDelayMs)
    expect(asked).toHaveLength(2)
    expect(asked[1]?.()).toBe(false)
  })

  it('is over for good where it has a query of its own', async () => {
    const { clock, time, asked, ends, busy } = newWorker()
    time.soon()
    await clock.advance(rehearsalDelayMs)
    busy(true)
    expect(asked[0]?.()).toBe(true)
    busy(false)
    ends[0]?.()
    await clock.advance(rehearsalDelayMs * 10)
    expect(asked).toHaveLength(1)
  })
})
