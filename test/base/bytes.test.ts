import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReadError, ByteReader } from '../../src/base/byte-reader.ts'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { crc32c } from '../../src/base/crc32c.ts'

const integers = fc.maxSafeInteger()

describe('bytes', () => {
  it('every safe integer survives each of its forms', () => {
    fc.assert(
      fc.property(integers, (value) => {
        const writer = new ByteWriter(1)
        writer.varint(value)
        writer.int64(value)
        writer.uvarint(Math.abs(value))
        const reader = new ByteReader(writer.view())
        expect([reader.varint(), reader.int64(), reader.uvarint(), reader.left]).toEqual([
          value,
          value,
          Math.abs(value),
          0,
        ])
      }),
      {
        examples: [
          [0],
          [-1],
          [63],
          [64],
          [-64],
          [-65],
          [2 ** 31],
          [-(2 ** 32)],
          [Number.MAX_SAFE_INTEGER],
          [Number.MIN_SAFE_INTEGER],
        ],
      },
    )
  })

  it('a varint is written as Go writes it', () => {
    const writer = new ByteWriter()
    for (const value of [0, -1, 1, 63, -64, 64, 8191, -8193]) writer.varint(value)
    expect(Buffer.from(writer.view()).toString('hex')).toBe('0001027e7f8001fe7f818001')
  })

  it('reading past the end throws with the place, whatever is read', () => {
    for (const read of ['uint8', 'uint32', 'int64', 'uvarint', 'varint', 'uvarintBytes'] as const) {
      expect(() => new ByteReader(new Uint8Array(0))[read]()).toThrow(ByteReadError)
    }
    expect(() => new ByteReader(new Uint8Array(12).fill(0xff)).uvarint()).toThrow(
      'more than ten bytes',
    )
  })

  it('the sum of "123456789" is the check value of CRC-32C, wherever it stands', () => {
    const bytes = new TextEncoder().encode('xx123456789y')
    expect(crc32c(bytes, 2, 11).toString(16)).toBe('e3069283')
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa')
  })
})
