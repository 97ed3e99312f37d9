import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { assert } from '../../../src/base/assert.ts'
import { FreeRuns } from '../../../src/base/free-runs.ts'
import { Pins } from '../../../src/base/pins.ts'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import { ChunkColumns, slotUnitBytes, slotUnits } from '../../../src/tsdb/head/chunk-columns.ts'
import { SlotAllocator } from '../../../src/tsdb/head/slot-allocator.ts'

describe('free units', () => {
  test('what is taken never overlaps; what is given back, in any order, is whole again', () => {
    const step = fc.record({ isTake: fc.boolean(), units: fc.integer({ min: 1, max: 360 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3_000 }), (steps) => {
        const [runs, held] = [new FreeRuns(512), new Map<number, number>()]
        const isUsed = new Uint8Array(512 * 40)
        let segments = 0
        for (const { isTake, units } of steps) {
          if (isTake) {
            let start = runs.take(units)
            if (start < 0 && segments < 40) {
              segments++
              runs.addSegment()
              start = runs.take(units)
            }
            if (start < 0) continue
            expect(Math.floor(start / 512)).toBe(Math.floor((start + units - 1) / 512))
            expect(isUsed.subarray(start, start + units).includes(1)).toBe(false)
            isUsed.fill(1, start, start + units)
            held.set(start, units)
          } else {
            const keys = [...held.keys()]
            const start = keys[units % Math.max(1, keys.length)]
            if (start === undefined) continue
            runs.give(start, held.get(start) ?? 0)
            isUsed.fill(0, start, start + (held.get(start) ?? 0))
            held.delete(start)
          }
        }
        for (const [start, units] of held) runs.give(start, units)
        const wholes = Array.from({ length: segments }, () => runs.take(512))
        expect(new Set(wholes).size).toBe(segments)
        expect(wholes.includes(-1)).toBe(false)
        expect(runs.take(1)).toBe(-1)
      }),
      { numRuns: 40 },
    )
  })

  test('none is forgotten while hundreds of thousands of runs come and go', () => {
    const [runs, random] = [new FreeRuns(segmentUnits), seededRandom(1)]
    const isUsed = new Uint8Array(segmentUnits * 8)
    const starts: number[] = []
    const lengths: number[] = []
    let segments = 0
    const take = (units: number): void => {
      let start = runs.take(units)
      if (start < 0) {
        const used = isUsed.subarray(0, segments * segmentUnits)
        expect(longestFree(used), 'the longest run that was not taken').toBeLessThan(units)
        segments++
        runs.addSegment()
        start = runs.take(units)
      }
      assert(!isUsed.subarray(start, start + units).includes(1), 'what is taken was free')
      isUsed.fill(1, start, start + units)
      starts.push(start)
      lengths.push(units)
    }
    const give = (): void => {
      const index = Math.floor(random() * starts.length)
      const [start, units] = [starts[index] ?? 0, lengths[index] ?? 0]
      const [lastStart, lastUnits] = [starts.pop() ?? 0, lengths.pop() ?? 0]
      if (index < starts.length) [starts[index], lengths[index]] = [lastStart, lastUnits]
      runs.give(start, units)
      isUsed.fill(0, start, start + units)
    }
    for (let round = 0; round < 6; round++) {
      while (starts.length < 20_000) take(1 + Math.floor(random() * 16))
      for (let swapped = 0; swapped < 40_000; swapped++) {
        give()
        take(1 + Math.floor(random() * 16))
      }
      // As when the head is truncated.
      while (starts.length > 200) give()
    }
    expect(segments).toBeLessThan(8)
  })
})

const segmentUnits = 1 << 16

function longestFree(used: Uint8Array): number {
  let longest = 0
  let from = 0
  used.forEach((isUsed, at) => {
    // No run crosses a segment.
    if (isUsed === 1 || at % segmentUnits === 0) from = isUsed === 1 ? at + 1 : at
    longest = Math.max(longest, at + 1 - from)
  })
  return longest
}

describe('slots', () => {
  test('chunks that grow together leave no room behind that larger ones could not use', () => {
    const columns = new SharedColumns()
    const chunks = new ChunkColumns(columns)
    const allocator = new SlotAllocator(chunks, new Pins())
    const series = 60_000
    const slots = Array.from({ length: series }, () => allocator.allocate(0))
    for (let sizeClass = 1; sizeClass <= 5; sizeClass++) {
      slots.forEach((slot, index) => {
        slots[index] = allocator.allocate(sizeClass)
        allocator.free(slot, sizeClass - 1)
      })
    }
    const neededBytes = series * (slotUnits[5] ?? 0) * slotUnitBytes
    expect(columns.bytes).toBeLessThan(neededBytes * 1.15)
  })

  test('a slot that was used is zeros again, one that a query may read is not used', () => {
    const chunks = new ChunkColumns(new SharedColumns())
    const pins = new Pins()
    const allocator = new SlotAllocator(chunks, pins)
    const slot = allocator.allocate(1)
    const bytes = () => chunks.slotSegment(slot).subarray(0, 2 * slotUnitBytes)
    bytes().fill(7)
    const unpin = pins.pin()
    allocator.free(slot, 1)
    const other = allocator.allocate(1)
    expect(other).not.toBe(slot)
    expect(bytes().includes(0)).toBe(false)
    unpin()
    expect([allocator.allocate(1), allocator.allocate(1)]).toContain(slot)
    expect(bytes().every((byte) => byte === 0)).toBe(true)
  })

  test('a hundred thousand slots that a query held are given back little by little, and all before there is more room', () => {
    const columns = new SharedColumns()
    const chunks = new ChunkColumns(columns)
    const pins = new Pins()
    const allocator = new SlotAllocator(chunks, pins)
    const held = Array.from({ length: 100_000 }, () => allocator.allocate(3))
    const fullBytes = columns.bytes
    const unpin = pins.pin()
    for (const slot of held) allocator.free(slot, 3)
    unpin()
    const again = new Set(held.map(() => allocator.allocate(3)))
    expect(again.size).toBe(held.length)
    expect(columns.bytes).toBe(fullBytes)
    // Each of the largest needs more than are given back with the ones before it.
    const largest = slotUnits.length - 1
    const units = held.length * (slotUnits[3] ?? 0)
    const unpinAgain = pins.pin()
    for (const slot of again) allocator.free(slot, 3)
    unpinAgain()
    for (let left = Math.floor((units * 0.98) / (slotUnits[largest] ?? 1)); left > 0; left--)
      allocator.allocate(largest)
    expect(columns.bytes).toBe(fullBytes)
  })
})
