import { expect, it } from 'vitest'
import { parseMediaType } from '../../src/model/media-type.ts'

it.each([
  ['text/plain', 'text/plain'],
  ['TEXT/Plain ; Charset=UTF-8', 'text/plain'],
  ['text', 'text'],
  ['text/plain;', 'text/plain'],
  ['text/plain; a=1; A=1', 'text/plain'],
  ['text/plain; a="x;\\"y"; b=2', 'text/plain'],
  ['', 'mime: no media type'],
  ['/plain', 'mime: no media type'],
  ['text plain', 'mime: expected slash after first token'],
  ['text/', 'mime: expected token after slash'],
  ['text/plain x', 'mime: unexpected content after media subtype'],
  ['text/plain; charset', 'mime: invalid media parameter'],
  ['text/plain; a="open', 'mime: invalid media parameter'],
  ['text/plain; a="\\', 'mime: invalid media parameter'],
  ['text/plain;;', 'mime: invalid media parameter'],
  ['text/plain; a=1; a=2', 'mime: duplicate parameter name'],
])('%j is read as Go reads it: %s', (header, expected) => {
  const type = parseMediaType(header)
  expect(type.fault ?? type.name).toBe(expected)
})
