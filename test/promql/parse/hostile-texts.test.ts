import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { QueryParseError } from '../../../src/promql/parse/parse-error.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'
import { generatedQuery } from '../generated-query.ts'

const language = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
}

const pieces = [
  ...'(){}[]+-*/%^,:@=!~<>#"\'`\\\n\t .0aé\u0000\ud800\u{1f600}',
  '[5m:1s]',
  'offset',
  ' @ end()',
  '{__name__=~".*"}',
  '"\\xff"',
  '0x1p',
  '1e999',
  'by(a,)',
  'group_left(',
  'fill(1)',
  'smoothed',
  'Inf',
  '١',
  ...Array.from({ length: 4 }, () => [' ', '\n', '+1', ' or b', '#', '2', '-', '1']).flat(),
]

type Change = readonly [place: number, removed: number, piece: string, copied: number]

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0, 0, 1, 6),
  fc.constantFrom(...pieces),
  fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 7, 40),
)

/** Removes, puts in, or repeats what stands at a place. */
function changed(text: string, [place, removed, piece, copied]: Change): string {
  const at = Math.floor(place * text.length)
  const put = copied === 0 ? piece : text.slice(at, at + 5).repeat(copied)
  return text.slice(0, at) + put + text.slice(at + removed)
}

const texts = fc
  .tuple(generatedQuery, fc.array(change, { minLength: 1, maxLength: 3 }))
  .map(([query, changes]) => changes.reduce(changed, query))

describe('a query text that nobody meant', () => {
  it('is a tree that prints as it reads, or has an error with its place: 10,000 mutated texts', () => {
    const counts = { read: 0, refused: 0 }
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const printed = printExpr(parseExpr(text, language))
          expect(printExpr(parseExpr(printed, language))).toBe(printed)
          counts.read++
        } catch (thrown) {
          if (!(thrown instanceof QueryParseError)) throw thrown
          expect(thrown.message).toMatch(/^(?:\d+:\d+|unknown position): parse error: ./s)
          counts.refused++
        }
      }),
      { numRuns: 10_000, seed: 28 },
    )
    expect(counts.read).toBeGreaterThan(500)
    expect(counts.refused).toBeGreaterThan(3_000)
  }, 60_000)

  it.each([
    ['parentheses', (size: number) => `${'('.repeat(size / 20)}a${')'.repeat(size / 20)}`],
    ['terms', (size: number) => `a${' or a'.repeat(size / 5)}`],
    ['labels', (size: number) => `a{${'b="c",'.repeat(size / 6)}}`],
    ['a string', (size: number) => `a{b="${'\\\\'.repeat(size / 2)}"}`],
    ['arguments', (size: number) => `label_join(a,"b","c"${',"d"'.repeat(size / 4)})`],
    ['powers', (size: number) => `a${'^a'.repeat(size / 20)}`],
    ['nonsense', (size: number) => '{[("'.repeat(size / 4)],
    ['numbers', (size: number) => `a+${'9'.repeat(size)}`],
    ['comments', (size: number) => `a${'\n#'.repeat(size / 2)}`],
  ])('of 40 KiB of %s takes at most 100 ms of processor per 10 KiB', (_what, text) => {
    const query = text(40_960)
    tryParse(query)
    const before = process.cpuUsage()
    tryParse(query)
    const { user } = process.cpuUsage(before)
    expect(user / 1_000).toBeLessThan(400)
  })
})

function tryParse(query: string): void {
  try {
    parseExpr(query, language)
  } catch (thrown) {
    if (!(thrown instanceof QueryParseError)) throw thrown
  }
}
