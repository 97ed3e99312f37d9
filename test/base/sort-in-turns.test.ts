import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Looks, noLooks } from '../../src/base/looks.ts'
import { sortInTurns } from '../../src/base/sort-in-turns.ts'

/** So that most numbers have equals, which a sort that is not stable would mix up. */
const byHundreds = (left: number, right: number) => Math.trunc(left / 100) - Math.trunc(right / 100)

describe('a sort that lets others have their turn', () => {
  it('orders as the sort of arrays does, equals as they stood', async () => {
    const numbers = fc.array(fc.nat(5_000), { maxLength: 6_000, size: 'max' })
    await fc.assert(
      fc.asyncProperty(numbers, async (given) => {
        const list = Uint32Array.from(given)
        await sortInTurns(list, byHundreds, noLooks)
        expect(list).toEqual(Uint32Array.from(given).sort(byHundreds))
      }),
      { numRuns: 100 },
    )
  })

  it('compares some thousand times between two turns, however long the list is', async () => {
    let compared = 0
    let most = 0
    const looks = new Looks(
      () => undefined,
      () => {
        most = Math.max(most, compared)
        compared = 0
        return Promise.resolve()
      },
    )
    const list = Uint32Array.from({ length: 100_000 }, (_, at) => (at * 7_919) % 100_003)
    const compare = (left: number, right: number) => {
      compared++
      return left - right
    }
    await sortInTurns(list, compare, looks)
    expect(list.every((item, at) => at === 0 || item > (list[at - 1] ?? 0))).toBe(true)
    expect([most + compared < 10_000, most > 0]).toEqual([true, true])
  })
})
