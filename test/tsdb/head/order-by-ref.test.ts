import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderByRef } from '../../../src/tsdb/head/order-by-ref.ts'

interface Row {
  readonly ref: number
  readonly minTimeMs: number
}

function orderOf(rows: readonly Row[]): number[] {
  // Columns are longer than what they hold: what stands behind it must not count.
  const refs = new Float64Array(rows.length + 3)
  const times = new Float64Array(refs.length * 2)
  for (const [row, { ref, minTimeMs }] of rows.entries()) {
    refs[row] = ref
    times[row * 2] = minTimeMs
    times[row * 2 + 1] = -minTimeMs
  }
  return [...orderByRef(refs, times, rows.length)]
}

function compared(rows: readonly Row[]): number[] {
  const pairs = rows.map((row, number) => ({ ...row, number }))
  pairs.sort((a, b) => a.ref - b.ref || a.minTimeMs - b.minTimeMs || a.number - b.number)
  return pairs.map(({ number }) => number)
}

describe('the order of chunks by ref', () => {
  const minTimeMs = fc.integer({ min: -3, max: 3 })
  const kinds = {
    'that lie side by side': fc.integer({ min: 1, max: 12 }),
    'behind a large one': fc.integer({ min: 2 ** 52, max: 2 ** 52 + 40 }),
    'that lie far apart': fc.oneof(fc.integer({ min: 0, max: 5 }), fc.maxSafeNat()),
    'beyond whole doubles, as other servers may have them': fc
      .integer({ min: 0, max: 9 })
      .map((n) => 2 ** 63 + n * 2 ** 12),
  }

  it.each(Object.entries(kinds))('is that of comparing, for refs %s', (_, ref) => {
    const rows = fc.array(fc.record({ ref, minTimeMs }), { maxLength: 200, size: 'max' })
    fc.assert(
      fc.property(rows, (made) => {
        expect(orderOf(made)).toEqual(compared(made))
      }),
    )
  })

  it('is that of the files where those have each series in the order of time', () => {
    const rows = Array.from({ length: 400 }, (_, n) => ({
      ref: 100 - (n % 100),
      minTimeMs: Math.floor(n / 100) * 120,
    }))
    expect(orderOf(rows)).toEqual(compared(rows))
  })
})
