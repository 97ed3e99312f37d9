import { expect, it } from 'vitest'
import { GrowingColumns } from '../../src/model/growing-columns.ts'

const lentTimes = Float64Array.of(10, 20, 30, 40)
const lentValues = Float64Array.of(1, 2, 3, 4)

it('stands on what it borrows without a copy, and has its own again when it gives that back', () => {
  const columns = new GrowingColumns(2)
  const own = columns.values
  columns.borrow(lentTimes, lentValues, 3)
  expect(columns.values).toBe(lentValues)
  expect(columns.timestampsMs).toBe(lentTimes)
  columns.borrow(lentTimes.subarray(1), lentValues.subarray(1), 2)
  expect(columns.values[0]).toBe(2)
  columns.giveBack()
  expect(columns.values).toBe(own)
  expect(columns.timestampsMs).toHaveLength(2)
  columns.giveBack()
  expect(columns.values).toBe(own)
})

it('keeps the samples that it has borrowed where it grows, and writes to its own memory from then on', () => {
  const columns = new GrowingColumns(2)
  columns.borrow(lentTimes, lentValues, 3)
  columns.grow(4)
  expect([...columns.values.subarray(0, 3)]).toEqual([1, 2, 3])
  expect([...columns.timestampsMs.subarray(0, 3)]).toEqual([10, 20, 30])
  columns.values[3] = 99
  columns.timestampsMs[3] = 99
  expect([...lentValues]).toEqual([1, 2, 3, 4])
  expect([...lentTimes]).toEqual([10, 20, 30, 40])
})

it('takes home what it has borrowed even where it has room for more', () => {
  const columns = new GrowingColumns(8)
  columns.borrow(lentTimes, lentValues, 2)
  columns.grow(1)
  expect(columns.values).not.toBe(lentValues)
  expect([...columns.values.subarray(0, 2)]).toEqual([1, 2])
})
