import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { collectGarbage } from '../../src/base/collect-garbage.ts'
import { limits } from '../../src/base/limits.ts'
import { IdleCollection } from '../../src/workers/idle-collection.ts'
import { nextCollection } from '../base/next-collection.ts'
import { SimClock } from '../sim/sim-clock.ts'

/** A work that leaves an array of so many bytes; answers what tells whether it is still there. */
async function leftBy(idle: IdleCollection, bytes: number, outcome: 'done' | 'failed') {
  // What other tests left is not this work's.
  collectGarbage()
  idle.begin()
  const left = arrayOf(bytes)
  // A reference that was just made holds until its turn ends.
  await turn()
  idle.end(outcome)
  return async () => {
    const isThere = left.deref() !== undefined
    // So does looking at it.
    await turn()
    return isThere
  }
}

/**
 * So much memory may have V8 begin a collection by itself, which would leave the array, still in use then,
 * to its next one, half a minute later where the heap is large: it ends first.
 */
function arrayOf(bytes: number): WeakRef<Uint8Array> {
  const array = new Uint8Array(bytes)
  collectGarbage()
  return new WeakRef(array)
}

const fewLooks = { interval: 1_000, timeout: 60_000 }

describe('the collection of an idle thread', () => {
  it('takes what the last work left once nothing has come for a while', async () => {
    const clock = new SimClock()
    const isThere = await leftBy(new IdleCollection(clock), 2 * limits.idleGarbageBytesMax, 'done')
    await clock.advance(limits.idleCollectionMs - 1)
    expect(await isThere()).toBe(true)
    const collected = nextCollection()
    await clock.advance(1)
    await collected
    await expect.poll(isThere, fewLooks).toBe(false)
  })

  it('takes what a work left that came to nothing at once', async () => {
    const idle = new IdleCollection(new SimClock())
    const isThere = await leftBy(idle, 2 * limits.idleGarbageBytesMax, 'failed')
    idle.begin()
    expect(await isThere()).toBe(false)
  })

  it('waits while there is work, and begins again when all of it has ended', async () => {
    const clock = new SimClock()
    const idle = new IdleCollection(clock)
    const isThere = await leftBy(idle, 2 * limits.idleGarbageBytesMax, 'done')
    idle.begin()
    idle.begin()
    idle.end('failed')
    await clock.advance(10 * limits.idleCollectionMs)
    expect(await isThere()).toBe(true)
    idle.end('done')
    const collected = nextCollection()
    await clock.advance(limits.idleCollectionMs)
    await collected
    await expect.poll(isThere, fewLooks).toBe(false)
  })

  it('leaves little to V8', async () => {
    const clock = new SimClock()
    const isThere = await leftBy(new IdleCollection(clock), 1_000, 'failed')
    await clock.advance(10 * limits.idleCollectionMs)
    expect(await isThere()).toBe(true)
  })
})
