import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { controlState, controlWord } from '../../src/workers/protocol.ts'
import { QueryWatch } from '../../src/workers/query-watch.ts'
import { SimClock } from '../sim/sim-clock.ts'

/** A query of a worker that hears what it is sent as long as `hears` says so. */
function startWatch(hears: { atMs: (nowMs: number) => boolean }) {
  const clock = new SimClock()
  const words = new Int32Array(1)
  const startedMs = clock.monotonicMs()
  let beat = 0
  const endedMs: number[] = []
  const watch = new QueryWatch(clock, words, {
    beat: () => beat,
    wake: () => {
      if (hears.atMs(clock.monotonicMs() - startedMs)) clock.after(1, () => beat++)
    },
    terminate: () => endedMs.push(clock.monotonicMs() - startedMs),
  })
  return { clock, words, watch, endedMs }
}

describe('the watch of a query that is stopped', () => {
  it('ends a worker that is silent for as long as a worker may be', async () => {
    const { clock, words, watch, endedMs } = startWatch({ atMs: () => false })
    watch.stop(controlState.timedOut)
    expect(words[controlWord.state]).toBe(controlState.timedOut)
    await clock.advance(5 * limits.workerSilenceMs)
    expect(endedMs).toEqual([limits.workerSilenceMs])
  })

  it('lets a worker go on that hears what it is sent, until it falls silent', async () => {
    const { clock, watch, endedMs } = startWatch({ atMs: (now) => now < 3_000 })
    watch.stop(controlState.canceled)
    for (let second = 0; second < 8; second++) await clock.advance(1_000)
    expect(endedMs).toEqual([3_000 + limits.workerSilenceMs])
  })

  it('does not wait for ever for a query that a living worker has lost', async () => {
    const { clock, watch, endedMs } = startWatch({ atMs: () => true })
    watch.stop(controlState.canceled)
    for (let second = 0; second < 30; second++) await clock.advance(1_000)
    expect(endedMs).toEqual([limits.stoppedQueryMsMax])
  })

  it('is over when the query has ended', async () => {
    const { clock, watch, endedMs } = startWatch({ atMs: () => false })
    watch.stop(controlState.canceled)
    watch.end()
    await clock.advance(30_000)
    expect(endedMs).toEqual([])
  })
})
