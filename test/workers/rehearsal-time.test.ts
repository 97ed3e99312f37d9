import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { RehearsalTime } from '../../src/workers/rehearsal-time.ts'
import { SimClock } from '../sim/sim-clock.ts'

const { rehearsalDelayMs, rehearsalQuietMs, rehearsalSliceMs } = limits
/** Of a rehearsed part; slices are full behind the third. */
const partMs = rehearsalSliceMs / 2.5
const parts = 8

/** A worker whose rehearsal is of some parts, in each of which `during` happens. */
function newWorker(during: (part: number) => void = () => undefined) {
  const clock = new SimClock()
  const worker = { asked: 0, rehearsed: 0, done: 0, failures: [] as unknown[] }
  let workedMs = 0
  async function* rehearsal() {
    while (worker.rehearsed < parts) {
      during(++worker.rehearsed)
      workedMs += partMs
      yield
    }
  }
  const working = {
    ...{ wallMs: () => clock.wallMs(), monotonicMs: () => clock.monotonicMs() + workedMs },
    after: clock.after.bind(clock),
    every: clock.every.bind(clock),
  }
  const time = new RehearsalTime(working, {
    parts: rehearsal,
    askForSpareTime: () => worker.asked++,
    done: () => worker.done++,
    failed: (thrown) => worker.failures.push(thrown),
  })
  const grant = async () => {
    time.spareTime()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { clock, time, worker, grant }
}

describe('when a query worker rehearses', () => {
  it('is a while after its start, once', async () => {
    const { clock, time, worker, grant } = newWorker()
    time.soon()
    await clock.advance(rehearsalDelayMs - 1)
    expect(worker).toMatchObject({ asked: 0, rehearsed: 0 })
    await clock.advance(1)
    for (let slice = 0; slice < 3; slice++) await grant()
    expect(worker).toMatchObject({ asked: 3, rehearsed: parts, done: 1 })
    await grant()
    await clock.advance(rehearsalDelayMs * 10)
    expect(worker).toMatchObject({ asked: 3, rehearsed: parts, done: 1, failures: [] })
    expect(clock.timers).toBe(0)
  })

  it('is when the main thread has time to spare, for a slice at a time', async () => {
    const { clock, time, worker, grant } = newWorker()
    time.soon()
    await clock.advance(rehearsalDelayMs * 10)
    expect(worker).toMatchObject({ asked: 1, rehearsed: 0 })
    await grant()
    expect(worker).toMatchObject({ asked: 2, rehearsed: 3 })
    await clock.advance(rehearsalDelayMs * 10)
    expect(worker).toMatchObject({ asked: 2, rehearsed: 3 })
    await grant()
    expect(worker).toMatchObject({ asked: 3, rehearsed: 6, done: 0 })
  })

  it('is not while it has a query, and goes on where it was when that is a while ago', async () => {
    const { clock, time, worker, grant } = newWorker((part) => {
      if (part === 2) time.begin()
    })
    time.soon()
    await clock.advance(rehearsalDelayMs)
    await grant()
    await clock.advance(rehearsalDelayMs * 10)
    expect(worker).toMatchObject({ asked: 1, rehearsed: 2 })
    time.end('query')
    await clock.advance(rehearsalQuietMs - 1)
    expect(worker).toMatchObject({ asked: 1, rehearsed: 2 })
    await clock.advance(rehearsalQuietMs)
    expect(worker).toMatchObject({ asked: 2, rehearsed: 2 })
    await grant()
    expect(worker).toMatchObject({ asked: 3, rehearsed: 5 })
  })

  it('is not in spare time that came too late, but in what is asked for anew', async () => {
    const { clock, time, worker, grant } = newWorker()
    time.soon()
    await clock.advance(rehearsalDelayMs)
    time.begin()
    await grant()
    expect(worker).toMatchObject({ asked: 1, rehearsed: 0 })
    time.end('query')
    await clock.advance(rehearsalQuietMs * 2)
    expect(worker).toMatchObject({ asked: 2, rehearsed: 0 })
    await grant()
    expect(worker).toMatchObject({ rehearsed: 3 })
  })

  it('is never where queries come all the time', async () => {
    const { clock, time, worker } = newWorker()
    time.soon()
    for (let query = 0; query < 100; query++) {
      time.begin()
      await clock.advance(rehearsalQuietMs)
      time.end('query')
      await clock.advance(rehearsalQuietMs - 1)
    }
    expect(worker).toMatchObject({ asked: 0 })
  })

  it('is not while it helps another one, but when nobody has asked for as long', async () => {
    const { clock, time, worker, grant } = newWorker()
    time.soon()
    for (let second = 0; second < 30; second++) {
      await clock.advance(1_000)
      time.begin()
      time.end('help')
    }
    expect(worker.asked).toBe(0)
    await clock.advance(rehearsalDelayMs - 1)
    expect(worker.asked).toBe(0)
    await clock.advance(1)
    await grant()
    expect(worker).toMatchObject({ rehearsed: 3 })
  })

  it('is interrupted where it is asked to help meanwhile, and goes on when that is long ago', async () => {
    const { clock, time, worker, grant } = newWorker((part) => {
      if (part !== 1) return
      time.begin()
      time.end('help')
    })
    time.soon()
    await clock.advance(rehearsalDelayMs)
    await grant()
    expect(worker).toMatchObject({ asked: 1, rehearsed: 1 })
    await clock.advance(rehearsalDelayMs)
    expect(worker).toMatchObject({ asked: 2, rehearsed: 1 })
    await grant()
    expect(worker).toMatchObject({ rehearsed: 4 })
  })

  it('tells what went wrong', async () => {
    const { clock, time, worker, grant } = newWorker(() => {
      throw new Error('broken')
    })
    time.soon()
    await clock.advance(rehearsalDelayMs)
    await grant()
    expect(worker).toMatchObject({ done: 0, failures: [new Error('broken')] })
  })
})
