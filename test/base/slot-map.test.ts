import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { SlotMap } from '../../src/base/slot-map.ts'

/** Collects young objects alone, as V8 does whenever there is no more room for them. */
function youngCollection(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  onTestFinished(() => setFlagsFromString('--no-expose-gc'))
  return () => collect({ type: 'minor' })
}

test('has what was added and not taken, by its number', () => {
  const map = new SlotMap<string>()
  const model = new Map<number, string>()
  for (let key = 0; key < 200; key++) {
    map.add(key, `value ${key}`)
    model.set(key, `value ${key}`)
    // Those that came last go first now and then, and some stay for long.
    for (const gone of [key - (key % 7), key - 5 - (key % 3)]) {
      expect(map.take(gone)).toBe(model.get(gone))
      model.delete(gone)
    }
    expect(map.size).toBe(model.size)
    expect([...map.keys()].sort((a, b) => a - b)).toEqual([...model.keys()])
    for (let any = 0; any <= key + 1; any++) expect(map.get(any)).toBe(model.get(any))
  }
})

test('takes a place again, and does not grow with what went through it', () => {
  const map = new SlotMap<number>()
  for (let key = 0; key < 1_000; key++) {
    map.add(key, key)
    if (key >= 3) expect(map.take(key - 3)).toBe(key - 3)
  }
  expect([...map.keys()].sort((a, b) => a - b)).toEqual([997, 998, 999])
})

test('what was taken is garbage at the next collection of young objects', () => {
  const collect = youngCollection()
  const map = new SlotMap<number[]>()
  // It is older than what goes through it.
  for (let times = 0; times < 3; times++) collect()
  const values = 10_000
  const before = process.memoryUsage().heapUsed
  for (let key = 0; key < 3_000; key++) {
    map.add(key, new Array<number>(values).fill(key))
    map.take(key - 4)
    if (key % 50 === 0) collect()
  }
  collect()
  collect()
  // All of them would be 240 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30e6)
})
