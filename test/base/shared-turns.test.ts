import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { SharedTurns } from '../../src/base/shared-turns.ts'

function clockOf(monotonicMs: () => number): Clock {
  const none = () => expect.unreachable('it waits for no time')
  return { monotonicMs, wallMs: monotonicMs, after: none, every: none }
}

/** Works through pieces that come at once; answers in which turn of the event loop each was done. */
async function turnsOf(count: number, pieceMs: number): Promise<readonly number[]> {
  let nowMs = 0
  let turn = 0
  let left = count
  const tick = () => {
    turn++
    if (left > 0) setImmediate(tick)
  }
  setImmediate(tick)
  const turns = new SharedTurns(clockOf(() => nowMs))
  const found: number[] = []
  const work = async (piece: number) => {
    await turns.enter()
    found[piece] = turn
    nowMs += pieceMs
    left--
  }
  const pieces: Promise<void>[] = []
  for (let piece = 0; piece < count; piece++) {
    pieces.push(work(piece))
    // As sockets have it, whose callbacks are one after the other.
    await Promise.resolve()
  }
  await Promise.all(pieces)
  return found
}

describe('shared turns', () => {
  it('let long pieces go one in each turn of the event loop, in their order', async () => {
    expect(await turnsOf(4, limits.mainTurnMs * 3)).toEqual([0, 1, 2, 3])
  })

  it('let short ones go together', async () => {
    expect(await turnsOf(4, 0)).toEqual([0, 0, 0, 0])
  })

  it('keep nobody waiting who comes alone', () => {
    expect(new SharedTurns(clockOf(() => 0)).enter()).toBeUndefined()
  })
})
