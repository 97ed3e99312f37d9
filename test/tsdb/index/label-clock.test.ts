import { describe, expect, it } from 'vitest'
import { LabelClock, never } from '../../../src/tsdb/index/label-clock.ts'

describe('the time by which label texts are made and end', () => {
  it('goes on only where something was since a reader was told of it', () => {
    const clock = new LabelClock()
    expect([clock.told(), clock.told()]).toEqual([0, 0])
    expect(clock.madeAt()).toBe(0)
    expect([clock.told(), clock.told()]).toEqual([1, 1])
    expect(clock.endedAt()).toBe(1)
    expect([clock.told(), clock.epoch]).toEqual([2, 1])
  })

  it('refuses new texts at its end, and hides none that there are', () => {
    const clock = new LabelClock(never - 2)
    const made = clock.madeAt()
    expect(made).toBeLessThan(clock.told())
    expect(() => clock.madeAt()).toThrow(`limit ${never - 1}`)
    clock.endedAt()
    expect(clock.told()).toBe(never - 1)
    expect(clock.told()).toBeLessThan(never)
  })
})
