import { describe, expect, it } from 'vitest'
import { HeldFloats } from '../../../src/promql/exec/held-floats.ts'

/** Of each run so many numbers, counted on from the run before. */
function heldRuns(lengths: readonly number[]): HeldFloats {
  const held = new HeldFloats()
  for (const length of lengths) {
    const first = held.count
    const times = Float64Array.from({ length: length + 2 }, (_, at) => first + at - 1)
    held.add(
      times,
      times.map((time) => -time),
      1,
      length + 1,
    )
  }
  return held
}

describe('held floats', () => {
  it.each([
    [[0]],
    [[1, 0, 2]],
    [[255, 1, 1]],
    [[256, 256, 600]],
    [[131_071, 2]],
    [[131_072, 1]],
    [[1, 400_000, 3]],
    [Array.from({ length: 700 }, (_, run) => run)],
  ])('are read as they were added, wherever a piece ends: runs of %j', (lengths) => {
    const held = heldRuns(lengths)
    const all = lengths.reduce((sum, length) => sum + length)
    expect(held.count).toBe(all)
    let from = 0
    for (const length of lengths) {
      let next = from
      let wrong = 0
      held.each(from, length, (timeMs, value) => {
        if (timeMs !== next || value !== -next) wrong++
        next++
      })
      expect([next, wrong]).toEqual([from + length, 0])
      from = next
    }
  })

  it('take little more memory than they need', () => {
    const column = new Float64Array(1_000)
    const held = new HeldFloats()
    const before = process.memoryUsage().arrayBuffers
    // Some more than a power of two, where doubling would take the most.
    for (let run = 0; run < 1_100; run++) held.add(column, column, 0, column.length)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.4 * 16 * held.count)
  })
})
