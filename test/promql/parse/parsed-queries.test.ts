import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/limits.ts'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { parseOnce } from '../../../src/promql/parse/parsed-queries.ts'

describe('the trees of the latest queries', () => {
  it('are the same object for the same text and language, and another for another language', () => {
    const tree = parseOnce('up', defaultParseOptions)
    expect(parseOnce('up', { ...defaultParseOptions })).toBe(tree)
    expect(parseOnce('up ', defaultParseOptions)).not.toBe(tree)
    const { experimentalFunctions } = defaultParseOptions
    const other = { ...defaultParseOptions, experimentalFunctions: !experimentalFunctions }
    expect(parseOnce('up', other)).not.toBe(tree)
  })

  it('never hide an error: a text that is right in one language only stays wrong in the other', () => {
    const query = 'sort_by_label(up, "job")'
    parseOnce(query, { ...defaultParseOptions, experimentalFunctions: true })
    for (let turn = 0; turn < 2; turn++) {
      expect(() => parseOnce(query, defaultParseOptions)).toThrow('is not enabled')
      expect(() => parseOnce('up +', defaultParseOptions)).toThrow('unexpected end of input')
    }
  })

  it('are as many as the limit; the one used longest ago goes first', () => {
    const [used, unused] = ['used', 'unused'].map((name) => parseOnce(name, defaultParseOptions))
    for (let other = 0; other < limits.parsedQueriesMax; other++) {
      parseOnce(`other_${other}`, defaultParseOptions)
      expect(parseOnce('used', defaultParseOptions)).toBe(used)
    }
    expect(parseOnce('unused', defaultParseOptions)).not.toBe(unused)
    const long = `up + ${'1 + '.repeat(limits.parsedQueryLengthMax)}1`
    // Not toBe on the trees: it would compare them by recursion.
    const [once, again] = [1, 2].map(() => parseOnce(long, defaultParseOptions))
    expect(once === again).toBe(false)
  })
})
