import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { collectGarbage } from '../../src/base/collect-garbage.ts'
import { collectInSlices } from '../../src/base/collect-in-slices.ts'
import { nextCollection } from './next-collection.ts'

/** A function that is compiled for objects of which there is none any more; whether it still is. */
function compiledForWhatIsGone(): () => boolean {
  setFlagsFromString('--allow-natives-syntax')
  try {
    // Which bits of the status say so is each V8's own: those that compiling sets.
    const isCompiled: () => boolean = runInThisContext(`(() => {
      class Point { constructor(x) { this.x = x; this.y = 1 } };
      const read = (point) => point.x + point.y;
      %PrepareFunctionForOptimization(read);
      for (let x = 0; x < 100; x++) read(new Point(x));
      const before = %GetOptimizationStatus(read);
      %OptimizeFunctionOnNextCall(read);
      read(new Point(0));
      const compiled = %GetOptimizationStatus(read) & ~before;
      return () => (Point, compiled !== 0 && (%GetOptimizationStatus(read) & compiled) === compiled)
    })()`)
    // V8 reads a function when it is called first.
    isCompiled()
    return isCompiled
  } finally {
    setFlagsFromString('--no-allow-natives-syntax')
  }
}

test('what nobody holds is gone after a while, and what is compiled stays', async () => {
  const isCompiled = compiledForWhatIsGone()
  expect(isCompiled()).toBe(true)
  const held = { of: 'the test' }
  const refs = [new WeakRef(held), new WeakRef({ of: 'nobody' })]
  // A reference that was just made holds until its turn ends.
  await turn()
  const collected = nextCollection()
  collectInSlices()
  await collected
  expect(isCompiled()).toBe(true)
  const left = async () => {
    // Looking holds as well.
    await turn()
    return refs.map((ref) => ref.deref())
  }
  // A collection that V8 had begun by itself leaves what was there then to its next one.
  await expect.poll(left, { interval: 1_000, timeout: 60_000 }).toEqual([held, undefined])
})

test('a collection at once costs what is compiled, which is why there is the other one', async () => {
  const isCompiled = compiledForWhatIsGone()
  await turn()
  collectGarbage()
  expect(isCompiled()).toBe(false)
})
