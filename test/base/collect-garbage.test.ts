import { setImmediate as turn } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { collectGarbage } from '../../src/base/collect-garbage.ts'

test('what nobody holds is gone at once, what somebody holds is not', async () => {
  const held = { of: 'the test' }
  const refs = [new WeakRef(held), new WeakRef({ of: 'nobody' })]
  // A reference that was just made holds until its turn ends.
  await turn()
  collectGarbage()
  expect(refs.map((ref) => ref.deref())).toEqual([held, undefined])
})

test('code that is run later has no means to collect', () => {
  collectGarbage()
  expect(runInNewContext('typeof gc')).toBe('undefined')
})
