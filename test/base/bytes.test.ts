import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReadError, ByteReader } from '../../src/base/byte-reader.ts'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { crc32c } from '../../src/base/crc32c.ts'
import { compressSnappy, uncompressSnappy } from '../../src/base/snappy.ts'

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

describe('snappy', () => {
  it('gives back what was compressed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.nat(200), (bytes, repeats) => {
        const whole = Buffer.concat(Array.from({ length: repeats + 1 }, () => bytes))
        expect(
          Buffer.from(uncompressSnappy(compressSnappy(whole), whole.length)).equals(whole),
        ).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['declares 1 GiB', '808080800400', 'declares 1073741824 bytes, limit 1000'],
    ['declares 2 GiB', '808080800800', 'declares 2147483648 bytes, limit 1000'],
    ['declares 4 GiB', 'ffffffff0f00', 'declares 4294967295 bytes, limit 1000'],
    ['is empty', '', 'ends within its header'],
    ['has no end of its length', 'ffffffffffff', 'has no length'],
    ['declares too little', '0108616263', 'declares 1 bytes and holds 3'],
    ['declares too much', '0508616263', 'declares 5 bytes and holds 3'],
    ['copies from before its beginning', '080061010000', 'copies from'],
    ['ends within a literal', '0a2461', 'ends within an element'],
  ])('a block that %s is refused', (_, hex, words) => {
    expect(() => uncompressSnappy(Buffer.from(hex, 'hex'), 1000)).toThrow(words)
  })

  it('a lying header costs no memory', () => {
    const script = `
      const { uncompressSnappy } = await import('./src/base/snappy.ts')
      const refused = (hex) => { try { uncompressSnappy(Buffer.from(hex, 'hex'), 2 ** 31) } catch {} }
      // Once for what loading and compiling take.
      refused('0108616263')
      const before = process.memoryUsage().arrayBuffers
      refused('808080800400')
      console.log(process.memoryUsage().arrayBuffers - before)`
    const printed = execFileSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    )
    expect(Number(printed)).toBeLessThan(2 ** 20)
  })
})
