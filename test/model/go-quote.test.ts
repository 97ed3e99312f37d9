import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from '../../src/model/byte-text.ts'
import { goQuote, goQuoteBytes, goQuoteRune } from '../../src/model/go-quote.ts'

describe('quotes are those of Go', () => {
  it.each([
    ['a b', '"a b"'],
    ['', '""'],
    ['a"\\\n\u0001é', '"a\\"\\\\\\n\\x01é"'],
    ['\u0007\b\f\r\t\v', '"\\a\\b\\f\\r\\t\\v"'],
    ['\u007f', '"\\x7f"'],
    ['\u00a0\u200b', '"\\u00a0\\u200b"'],
    ['\u{10111}\u{e0001}', '"\u{10111}\\U000e0001"'],
    ['\ufffd', '"\ufffd"'],
    [textOfBytes('\xff\xc3\xa9\xc3'), '"\\xffé\\xc3"'],
  ])('%j', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted)
    expect(goQuoteBytes(Buffer.from(bytesOfText(text), 'latin1'))).toBe(quoted)
  })

  it('a single character has single quotes', () => {
    expect([`'`, '"', '\n', 'é'].map(goQuoteRune)).toEqual([`'\\''`, `'"'`, `'\\n'`, `'é'`])
  })
})

describe('texts of bytes', () => {
  it('any bytes come back whole, and UTF-8 is the text that it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (found) => {
        const bytes = Buffer.from(found).toString('latin1')
        if (bytesOfText(textOfBytes(bytes)) !== bytes) throw new Error('other bytes')
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (found) => {
        const text = Buffer.from(found).toString('utf8')
        expect(textOfBytes(Buffer.from(text, 'utf8').toString('latin1'))).toBe(text)
      }),
    )
  })
})
