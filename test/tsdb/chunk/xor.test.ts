import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import { appendXor } from '../../../src/tsdb/chunk/xor-append.ts'
import { XorDecoder } from '../../../src/tsdb/chunk/xor-decode.ts'
import { lineDoubles, lineWord, lineWords } from '../../../src/tsdb/chunk/xor-line.ts'

interface Sample {
  readonly timestampMs: number
  readonly high: number
  readonly low: number
}

function encode(samples: readonly Sample[]): { bytes: Uint8Array; bits: number; count: number } {
  const memory = new ArrayBuffer(64)
  const [words, doubles] = [
    new Uint32Array(memory, 0, lineWords),
    new Float64Array(memory, 0, lineDoubles),
  ]
  const bytes = new Uint8Array(samples.length * 24 + 16)
  const view = new DataView(bytes.buffer)
  for (const { timestampMs, high, low } of samples)
    appendXor(words, 0, doubles, 0, view, 0, timestampMs, high, low)
  const bits = words[lineWord.bits] ?? 0
  return { bytes, bits, count: (words[lineWord.counts] ?? 0) & 0xffff }
}

function decode(
  { bytes, count }: { bytes: Uint8Array; count: number },
  min = -Infinity,
  max = Infinity,
): Sample[] {
  const target = { timestampsMs: new Float64Array(count), halves: new Uint32Array(count * 2) }
  const end = new XorDecoder().decode(new DataView(bytes.buffer), 0, count, min, max, target, 0)
  return Array.from({ length: end }, (_, index) => ({
    timestampMs: target.timestampsMs[index] ?? 0,
    high: target.halves[index * 2 + 1] ?? 0,
    low: target.halves[index * 2] ?? 0,
  }))
}

function sample(timestampMs: number, value: number): Sample {
  const halves = halvesOf(Float64Array.of(value))
  return { timestampMs, high: halves[1] ?? 0, low: halves[0] ?? 0 }
}

function hexBits(hex: string): string {
  return [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
}

const word = fc.oneof(
  fc.nat(3),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0x7ff00000, 0xfff80000, 0x80000000, 0xffffffff),
)
const step = fc.oneof(
  fc.constant(15_000),
  fc.integer({ min: 1, max: 10 }),
  fc.integer({ min: 1, max: 70_000 }),
  fc.integer({ min: 1, max: 600_000 }),
  fc.integer({ min: 1, max: 2 ** 42 }),
)
const series = fc
  .tuple(
    fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
    fc.array(fc.tuple(step, word, word), { minLength: 1, maxLength: 200 }),
  )
  .map(([start, steps]) => {
    let timestampMs = start
    return steps.map(([delta, high, low]): Sample => {
      timestampMs += delta
      return { timestampMs, high, low }
    })
  })

describe('the XOR chunk', () => {
  it('gives back every sample bit for bit, whatever the times and values', () => {
    fc.assert(
      fc.property(series, (samples) => {
        expect(decode(encode(samples))).toEqual(samples)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps the time of any whole millisecond, to the ends of the range', () => {
    const samples = [sample(-8.64e15, 1), sample(0, 1), sample(8.64e15, 1)]
    expect(decode(encode(samples))).toEqual(samples)
  })

  it('decodes only what is inside the range, both ends included', () => {
    const samples = Array.from({ length: 50 }, (_, index) => sample(index * 10, index))
    expect(decode(encode(samples), 100, 200)).toEqual(samples.slice(10, 21))
    expect(decode(encode(samples), 500, 600)).toEqual([])
  })

  it('writes the bytes that Prometheus writes', () => {
    const encoded = encode([
      sample(1000, 1),
      sample(16_000, 1),
      sample(31_000, 2),
      sample(45_999, 2.5),
    ])
    const bits = [...encoded.bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    const wanted = [
      `${hexBits('d00f')}${hexBits('3ff0000000000000')}`, // zigzag varint 1000, and 1.0
      `${hexBits('9875')} 0`, // uvarint 15000, the same value
      // The same delta; 2.0 differs in 11 bits behind 1 leading zero.
      '0 1 1 00001 001011 11111111111',
      // Delta smaller by 1 in 14 bits; one bit differs, outside of the window before.
      '10 11111111111111 1 1 01101 000001 1',
    ]
    expect(bits.slice(0, encoded.bits)).toBe(wanted.join('').replaceAll(' ', ''))
    expect(decode(encoded)).toHaveLength(4)
  })
})
