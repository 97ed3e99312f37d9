import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noLooks } from '../../../src/base/looks.ts'
import { patternDefeatingSort } from '../../../src/promql/exec/pattern-defeating-sort.ts'

const shapes = {
  few: (_: number, chance: number) => chance % 7,
  rising: (at: number) => Math.trunc(at / 3),
  falling: (at: number) => -Math.trunc(at / 3),
  pipe: (at: number, _: number, count: number) => (at < count >> 1 ? at : count - at) >> 2,
  saw: (at: number) => at % 11,
  mixed: (at: number, chance: number, count: number) => (at % 10 === 0 ? chance % count : at >> 1),
  odd: (_: number, chance: number) => chance % 7,
} as const

/** Values by a generator that any language has. */
function valuesOf(shape: keyof typeof shapes, count: number): number[] {
  let chance = count
  return Array.from({ length: count }, (_, at) => {
    chance = (Math.imul(chance, 1_103_515_245) + 12_345) & 0x7fffffff
    return shapes[shape](at, chance >>> 16, count)
  })
}

function sumOf(list: Int32Array): number {
  return list.reduce((sum, at) => (Math.imul(sum, 31) + at) >>> 0, 0)
}

describe('sorting by a quicksort that defeats patterns', () => {
  it('puts any values into order, each where it belongs', async () => {
    const some = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(some, async (values) => {
        const list = Int32Array.from(values.keys())
        const goesBefore = (left: number, right: number) =>
          (values[left] ?? 0) < (values[right] ?? 0)
        await patternDefeatingSort(list, goesBefore, noLooks)
        expect([...list].map((at) => values[at])).toEqual([...values].sort((a, b) => a - b))
        expect([...list].sort((a, b) => a - b)).toEqual([...values.keys()])
      }),
    )
  })

  // Sums of what Go's slices.SortFunc makes of the same.
  it.each([
    ['few', 12, 3497965088],
    ['few', 13, 3194907704],
    ['few', 49, 1382191054],
    ['few', 50, 703815155],
    ['few', 64, 1944247086],
    ['few', 200, 2045173668],
    ['few', 1000, 4040990874],
    ['few', 5000, 1211190468],
    ['rising', 12, 3974904838],
    ['rising', 13, 2962965702],
    ['rising', 49, 476951320],
    ['rising', 50, 1900589081],
    ['rising', 64, 2158477344],
    ['rising', 200, 1294555236],
    ['rising', 1000, 562641396],
    ['rising', 5000, 1826922948],
    ['falling', 12, 2460189754],
    ['falling', 13, 1691081862],
    ['falling', 49, 2472599512],
    ['falling', 50, 4061849547],
    ['falling', 64, 444471490],
    ['falling', 200, 663614838],
    ['falling', 1000, 408887236],
    ['falling', 5000, 235476908],
    ['pipe', 12, 86888574],
    ['pipe', 13, 3557409512],
    ['pipe', 49, 2114087980],
    ['pipe', 50, 1006398441],
    ['pipe', 64, 2247727938],
    ['pipe', 200, 1911695260],
    ['pipe', 1000, 1052497582],
    ['pipe', 5000, 4036034622],
    ['saw', 12, 2529330928],
    ['saw', 13, 2224860998],
    ['saw', 49, 3216670286],
    ['saw', 50, 2124773593],
    ['saw', 64, 4151251208],
    ['saw', 200, 820986294],
    ['saw', 1000, 3729520110],
    ['saw', 5000, 3975573402],
    ['mixed', 12, 1903327456],
    ['mixed', 13, 3268594894],
    ['mixed', 49, 1795739956],
    ['mixed', 50, 3615831159],
    ['mixed', 64, 1136912434],
    ['mixed', 200, 1530756288],
    ['mixed', 1000, 850144508],
    ['mixed', 5000, 1469143412],
    ['odd', 12, 4276643168],
    ['odd', 13, 3194811794],
    ['odd', 49, 528689290],
    ['odd', 50, 242031189],
    ['odd', 64, 2554853528],
    ['odd', 200, 834618080],
    ['odd', 1000, 2615398392],
    ['odd', 5000, 1914236406],
  ] as const)(
    'leaves equals, and what has no order, where Go leaves them: %s, %i',
    async (shape, count, sum) => {
      const values = valuesOf(shape, count)
      const list = Int32Array.from(values.keys())
      const goesBefore = (left: number, right: number) => {
        const [a = 0, b = 0] = [values[left], values[right]]
        // As a NaN, which goes behind everything, another one too.
        if (shape === 'odd' && (a === 3 || b === 3)) return b === 3
        return a < b
      }
      await patternDefeatingSort(list, goesBefore, noLooks)
      expect(sumOf(list)).toBe(sum)
    },
  )
})
