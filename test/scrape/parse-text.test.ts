import { describe, expect, it } from 'vitest'
import { entryKind } from '../../src/scrape/exposition.ts'
import { TextParser } from '../../src/scrape/parse-text.ts'

function parsed(page: string): TextParser {
  const bytes = Buffer.from(`${page} `)
  return new TextParser(bytes, bytes.length - 1)
}

describe('a timestamp of the text format', () => {
  it.each([
    ['1700000000000', 1_700_000_000_000],
    ['9007199254740993', 2 ** 53],
    ['9223372036854775807', 2 ** 63],
    ['0009223372036854775807', 2 ** 63],
  ])('%s is read', (digits, timestampMs) => {
    const parser = parsed(`a 1 ${digits}`)
    expect(parser.next()).toBe(entryKind.series)
    expect(parser.timestampMs).toBe(timestampMs)
  })

  it.each(['9223372036854775808', '10000000000000000000', '99999999999999999999'])(
    '%s is beyond 64 bits, and the page fails in upstream’s words',
    (digits) => {
      const words = `strconv.ParseInt: parsing "${digits}": value out of range while parsing: "a 1 ${digits}"`
      expect(() => parsed(`a 1 ${digits}`).next()).toThrow(words)
    },
  )
})
