import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { expect, it } from 'vitest'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'

it('whole numbers up to 2^53 in either direction are read back by another implementation', () => {
  const number = fc.maxSafeInteger()
  fc.assert(
    fc.property(number, (value) => {
      const out = new ProtoWriter(1)
      out.number(1, value)
      out.signed(2, Math.floor(value / 4))
      const reader = protobuf.Reader.create(out.view())
      expect([reader.uint32(), Number(reader.int64())]).toEqual([8, value])
      expect([reader.uint32(), Number(reader.sint64())]).toEqual([16, Math.floor(value / 4)])
    }),
  )
})

it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_152])(
  'a message within a message of %i bytes has the shortest length before it',
  (length) => {
    const out = new ProtoWriter(1)
    const outer = out.begin(1)
    const inner = out.begin(2)
    out.raw(new Uint8Array(length).fill(7))
    out.end(inner)
    out.end(outer)
    const expected = protobuf.Writer.create()
    expected.uint32(10).fork().uint32(18).bytes(new Uint8Array(length).fill(7)).ldelim()
    expect(Buffer.compare(out.view(), expected.finish())).toBe(0)
  },
)
