import { describe, expect, it } from 'vitest'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'
import { type MessageShape, prototext } from '../../src/wire/prototext.ts'

const shape: MessageShape = [
  { number: 1, name: 'text', kind: 'text' },
  { number: 3, name: 'inner', kind: [{ number: 1, name: 'signed', kind: 'signed' }] },
  { number: 2, name: 'value', kind: 'double' },
  { number: 4, name: 'count', kind: 'integer' },
  { number: 5, name: 'kind', kind: ['ONE', 'TWO'] },
]

function written(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter()
  write(out)
  return out.view()
}

describe('prototext', () => {
  // What protobuf-go 1.36.12 writes of the same.
  it.each([
    ["plain ü 😀 '", '"plain ü 😀 \'"'],
    ['"\\\n\r\t', String.raw`"\"\\\n\r\t"`],
    ['\u0000\u001f\u007f', String.raw`"\x00\x1f\x7f"`],
    ['\u0080\u009f\u00a0', '"\\u0080\\u009f\u00a0"'],
  ])('escapes the text %j', (text, expected) => {
    const bytes = written((out) => out.text(1, text))
    expect(prototext(bytes, shape, 'compact')).toBe(`text:${expected}`)
  })

  it.each([
    [0, '0'],
    [-0, '-0'],
    [1e21, '1e+21'],
    [1e-5, '1e-05'],
    [123456.5, '123456.5'],
    [Number.NaN, 'nan'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('writes the number %d as Go does', (value, expected) => {
    const bytes = written((out) => out.double(2, value))
    expect(prototext(bytes, shape, 'compact')).toBe(`value:${expected}`)
  })

  it('has the fields in the order of the shape, repeated ones in theirs, without unknown ones', () => {
    const bytes = written((out) => {
      out.number(4, -5)
      out.text(9, 'unknown')
      out.number(5, 1)
      out.number(5, 7)
      out.double(2, 1.5)
      for (const value of [-3, 4]) {
        const start = out.begin(3)
        out.signed(1, value)
        out.end(start)
      }
      out.end(out.begin(3))
    })
    expect(prototext(bytes, shape, 'compact')).toBe(
      'inner:{signed:-3} inner:{signed:4} inner:{} value:1.5 count:-5 kind:TWO kind:7',
    )
    expect(prototext(bytes, shape, 'lines').split('\n')).toEqual([
      'inner: {',
      '  signed: -3',
      '}',
      'inner: {',
      '  signed: 4',
      '}',
      'inner: {}',
      'value: 1.5',
      'count: -5',
      'kind: TWO',
      'kind: 7',
      '',
    ])
  })
})
