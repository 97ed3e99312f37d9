import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scaled } from '../../../src/promql/elementary/binary-exponent.ts'
import { exp2 } from '../../../src/promql/elementary/exponential.ts'
import { fused } from '../../../src/promql/elementary/fused.ts'
import { floatFunctions } from '../../../src/promql/functions/math.ts'
import { arithmetic } from '../../../src/promql/plan/arithmetic.ts'

type Numbers = (left: number, right: number) => number

const operators: ReadonlyMap<string, Numbers> = new Map([
  ['pow', arithmetic['^']],
  ['atan2', arithmetic.atan2],
  ['exp2', exp2],
])

/** Lines of a function, its arguments and what Go 1.26 computes of them on amd64. */
const golden = readFileSync(new URL('elementary.golden', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [name = '', ...numbers] = line.split(' ')
    const values = numbers.map(Number)
    return { name, line, arguments: values.slice(0, -1), wanted: values.at(-1) }
  })
const names = [...new Set(golden.map(({ name }) => name))]

function compute(name: string, [left = 0, right = 0]: readonly number[]): number {
  const apply: Numbers | undefined = operators.get(name) ?? floatFunctions.get(name)
  if (apply === undefined) throw new Error(`no function ${name}`)
  return apply(left, right)
}

describe('elementary functions answer as Go does, to the last bit', () => {
  it.each(names)('%s', (name) => {
    const rows = golden.filter((row) => row.name === name)
    const wrong = rows.filter((row) => !Object.is(compute(name, row.arguments), row.wanted))
    expect(
      wrong.map(({ line, arguments: values }) => `${line}, not ${compute(name, values)}`),
    ).toEqual([])
    expect(rows.length).toBeGreaterThan(15)
  })

  it('an angle that is all but a multiple of a quarter turn keeps its digits, to the end of doubles', () => {
    // The double that comes closest to one; its cosine has no exact digit without 1,200 of pi.
    const angle = 6381956970095103 * 2 ** 797
    expect(compute('cos', [angle])).toBeCloseTo(-4.687165924254628e-19, 33)
    expect(compute('sin', [-angle])).toBe(-1)
  })
})

describe('rounding', () => {
  const moderate = fc.double({ min: -1e100, max: 1e100, noNaN: true })

  it('a fused product and sum has what rounding the product alone loses', () => {
    fc.assert(
      fc.property(moderate, moderate, (x, y) => {
        fc.pre(Math.abs(x * y) > 1e-200)
        // The rest of a product is a double itself; by it the rounded product becomes the exact one.
        expect(fused(x, y, -(x * y)) + x * y).toBe(x * y)
        expect(fused(x, y, 0)).toBe(x * y)
      }),
      { seed: 1 },
    )
    expect(fused(1 + 2 ** -30, 1 + 2 ** -30, -1)).toBe(2 ** -29 + 2 ** -60)
    expect(fused(1 + 2 ** -52, 1 + 2 ** -52, -(1 + 2 ** -51))).toBe(2 ** -104)
  })

  it('scaling by a power of two rounds once, subnormal numbers included', () => {
    expect(scaled(1 + 2 ** -52, -1_074)).toBe(2 ** -1_074)
    expect(scaled(1.5, -1_074)).toBe(2 ** -1_073)
    expect(scaled(0.75, -1_074)).toBe(2 ** -1_074)
    expect(scaled(0.5, -1_074)).toBe(0)
    expect(scaled(2 ** -1_074, 2_097)).toBe(2 ** 1_023)
    expect(scaled(-1, 1_024)).toBe(Number.NEGATIVE_INFINITY)
    expect(scaled(0.75, 1_024)).toBe(0.75 * 2 ** 1_023 * 2)
  })
})
