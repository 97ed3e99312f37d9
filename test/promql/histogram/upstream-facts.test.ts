import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { goG } from '../../../src/model/float-text.ts'
import { resetHint } from '../../../src/model/histogram.ts'
import { compactHistogram } from '../../../src/model/histogram-compaction.ts'
import { equalHistograms } from '../../../src/model/histogram-equality.ts'
import { histogramText } from '../../../src/model/histogram-text.ts'
import {
  addHistogram,
  combined,
  subtractHistogram,
} from '../../../src/promql/histogram/arithmetic.ts'
import { BucketWalk } from '../../../src/promql/histogram/bucket-walk.ts'
import { HistogramFraction } from '../../../src/promql/histogram/fraction.ts'
import { HistogramSum } from '../../../src/promql/histogram/histogram-sum.ts'
import { HistogramQuantile } from '../../../src/promql/histogram/quantile.ts'
import { detectReset } from '../../../src/promql/histogram/reset.ts'
import { trimHistogram } from '../../../src/promql/histogram/trim.ts'
import { factsOf, histogramOfText, numberOf } from './histogram-notation.ts'

/**
 * What Prometheus 3.14 computes of histograms that were drawn at random: three histograms a line
 * (a, b and c, see histogramOfText), then `operation=result` for each operation.
 */
const lines = readFileSync(join(import.meta.dirname, 'upstream-histograms.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [a = '', b = '', c = '', ...results] = line.split('\t')
    const entries = results.map((result) => {
      const at = result.indexOf('=')
      return [result.slice(0, at), result.slice(at + 1)] as const
    })
    return { a, b, c, of: new Map(entries) }
  })

const cases = lines.map((line, index) => ({ ...line, line: index + 1 }))

/** Bits of `combined`, and what came of it unless the two do not go together. */
function expectCombined(told: number, found: ReturnType<typeof factsOf>, expected = '') {
  const [bits = '', text = ''] = expected.split(';')
  expect(told).toBe(Number(bits))
  if (told !== combined.incompatible) expect(found).toEqual(factsOf(histogramOfText(text)))
}

function compacted(histogram: ReturnType<typeof histogramOfText>) {
  compactHistogram(histogram)
  return factsOf(histogram)
}

function expectClose(found: number, expected: number) {
  if (!Number.isFinite(expected)) expect(found).toBe(expected)
  else expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(expected)))
}

describe('native histograms as Prometheus 3.14 computes them', () => {
  it.each(cases)('adds and subtracts bit for bit (line $line)', ({ a, b, of }) => {
    const sum = histogramOfText(a)
    expectCombined(addHistogram(sum, histogramOfText(b)), compacted(sum), of.get('add'))
    const difference = histogramOfText(a)
    const told = subtractHistogram(difference, histogramOfText(b))
    expectCombined(told, compacted(difference), of.get('sub'))
  })

  it.each(cases)('sums up with compensation bit for bit (line $line)', ({ a, b, c, of }) => {
    const sum = new HistogramSum()
    sum.begin(histogramOfText(a))
    let told = sum.add(histogramOfText(b))
    if (told !== combined.incompatible) {
      const second = sum.add(histogramOfText(c))
      told = second === combined.incompatible ? second : told | second
    }
    sum.finish()
    expectCombined(told, compacted(sum.total), of.get('sum'))
  })

  it.each(cases)('tells resets (line $line)', ({ a, b, of }) => {
    const [one, other] = [histogramOfText(a), histogramOfText(b)]
    expect(`${detectReset(other, one)},${detectReset(one, other)}`).toBe(of.get('reset'))
    other.hint = resetHint.unknown
    expect(String(detectReset(other, one))).toBe(of.get('reset0'))
    const sum = histogramOfText(a)
    if (addHistogram(sum, other) === combined.incompatible) return
    sum.hint = resetHint.unknown
    expect(String(detectReset(sum, one))).toBe(of.get('resetsum'))
  })

  it.each(cases)('tells equal ones and prints them (line $line)', ({ a, b, of }) => {
    expect(String(equalHistograms(histogramOfText(a), histogramOfText(b)))).toBe(of.get('equal'))
    expect(histogramText(histogramOfText(a))).toBe(of.get('text'))
  })

  it.each(cases)('walks the buckets both ways (line $line)', ({ a, of }) => {
    const histogram = histogramOfText(a)
    const walk = new BucketWalk()
    const bucket = () => {
      const { lower, upper, includesLower, includesUpper, count } = walk
      return [goG(lower), goG(upper), includesLower, includesUpper, goG(count)].join(' ')
    }
    const [up, down]: string[][] = [[], []]
    for (walk.upwards(histogram); walk.valid; walk.next()) up?.push(bucket())
    for (walk.downwards(histogram); walk.valid; walk.next()) down?.push(bucket())
    expect(up?.join(',')).toBe(of.get('walk'))
    expect(down?.join(',')).toBe(of.get('back'))
  })

  it.each(cases)('estimates quantiles and fractions (line $line)', ({ a, of }) => {
    const histogram = histogramOfText(a)
    const quantile = new HistogramQuantile()
    for (const fact of (of.get('quantile') ?? '').split(',')) {
      const [q = '', value = '', effect] = fact.split(' ')
      expectClose(quantile.of(numberOf(q), histogram), numberOf(value))
      expect(quantile.nanEffect).toBe(effect)
    }
    const fraction = new HistogramFraction()
    for (const fact of (of.get('fraction') ?? '').split(',')) {
      const [lower = '', upper = '', value = '', excludes] = fact.split(' ')
      const found = fraction.of(numberOf(lower), numberOf(upper), histogram)
      expectClose(found, numberOf(value))
      expect(String(fraction.excludesNan)).toBe(excludes)
    }
  })

  it.each(cases)('trims (line $line)', ({ a, of }) => {
    for (const fact of (of.get('trim') ?? '').split(';')) {
      const [limit = '', isUpper, text = ''] = fact.split(' ')
      const histogram = histogramOfText(a)
      trimHistogram(histogram, numberOf(limit), isUpper === 'true' ? 'below' : 'above')
      const expected = histogramOfText(text)
      const { count, sum, buckets, negativeBuckets, zeroCount, ...rest } = factsOf(histogram)
      const {
        count: expectedCount,
        sum: expectedSum,
        buckets: expectedBuckets,
        negativeBuckets: expectedNegative,
        zeroCount: expectedZero,
        ...expectedRest
      } = factsOf(expected)
      expect(rest).toEqual(expectedRest)
      const numbers = [count, sum ?? 0, zeroCount, ...buckets, ...negativeBuckets]
      const wanted = [expectedCount, expectedSum ?? 0, expectedZero]
      wanted.push(...expectedBuckets, ...expectedNegative)
      numbers.forEach((number, index) => {
        expectClose(number, wanted[index] ?? 0)
      })
    }
  })
})
