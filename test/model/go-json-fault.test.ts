import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goJsonFault } from '../../src/model/go-json-fault.ts'

/** What Prometheus 3.14 says of each. */
const faults: readonly (readonly [string, string])[] = [
  ['{', 'unexpected end of JSON input'],
  ['{"a"', 'unexpected end of JSON input'],
  ['{"a":"1",', 'unexpected end of JSON input'],
  ['"abc', 'unexpected end of JSON input'],
  ['"\\', "invalid character ' ' in string escape code"],
  ['"\\u1', "invalid character ' ' in \\u hexadecimal character escape"],
  ['[[[', 'unexpected end of JSON input'],
  ['[1', 'unexpected end of JSON input'],
  ['   ', 'unexpected end of JSON input'],
  ['{"a":"1",}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" "b"}', "invalid character '\"' after object key"],
  ['x', "invalid character 'x' looking for beginning of value"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ['😀', "invalid character 'ð' looking for beginning of value"],
  ['{x}', "invalid character 'x' looking for beginning of object key string"],
  ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
  ['nul', "invalid character ' ' in literal null (expecting 'l')"],
  ['{"a":"\x01"}', "invalid character '\\x01' in string literal"],
  ['{"a":"\\q"}', "invalid character 'q' in string escape code"],
  ['{"a":"\\u12g4"}', "invalid character 'g' in \\u hexadecimal character escape"],
  ['{} x', "invalid character 'x' after top-level value"],
  ['01', "invalid character '1' after top-level value"],
  ['{"a":"1"}\0', "invalid character '\\x00' after top-level value"],
  ['-', "invalid character ' ' in numeric literal"],
  ['{"a":-x}', "invalid character 'x' in numeric literal"],
  ['1.', "invalid character ' ' after decimal point in numeric literal"],
  ['1e', "invalid character ' ' in exponent of numeric literal"],
  ['{"a":1e+}', "invalid character '}' in exponent of numeric literal"],
  ['[1 2]', "invalid character '2' after array element"],
  ['{"a":"é"é}', "invalid character 'Ã' after object key:value pair"],
  ['{"a":1x}', "invalid character 'x' after object key:value pair"],
]

describe('what Go says of JSON', () => {
  it.each(faults)('%j is told in its words', (text, words) => {
    expect(goJsonFault(text)).toBe(words)
  })

  it('a fault is told of the texts that are no JSON, and of no other', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '0',
      '1',
      '-',
      '.',
      'e',
      'true',
      'nul',
    ]
    const piece = fc.constantFrom(...pieces, '\\n', '\\', '\n', ' ', 'é')
    const text = fc.oneof(
      fc.json(),
      fc.array(piece).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (one) => {
        expect(goJsonFault(one) === undefined).toBe(isJson(one))
      }),
      { numRuns: 2_000 },
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
