import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { halvesOf, staleNanHigh, staleNanLow } from '../../../src/model/stale-nan.ts'
import { appendXor, appendXorRun, sampleBitsMax } from '../../../src/tsdb/chunk/xor-append.ts'
import { XorDecoder } from '../../../src/tsdb/chunk/xor-decode.ts'
import { lineDouble, lineWord, lineWords } from '../../../src/tsdb/chunk/xor-line.ts'
import { chunkOf, samplesOf, type XorSample } from './xor-samples.ts'

function decode(
  { bytes, count }: { bytes: Uint8Array; count: number },
  min = -Infinity,
  max = Infinity,
): XorSample[] {
  const target = { timestampsMs: new Float64Array(count), halves: new Uint32Array(count * 2) }
  const end = new XorDecoder().decode(new DataView(bytes.buffer), 0, count, min, max, target, 0)
  return Array.from({ length: end }, (_, index) => ({
    timestampMs: target.timestampsMs[index] ?? 0,
    high: target.halves[index * 2 + 1] ?? 0,
    low: target.halves[index * 2] ?? 0,
  }))
}

function sample(timestampMs: number, value: number): XorSample {
  const halves = halvesOf(Float64Array.of(value))
  return { timestampMs, high: halves[1] ?? 0, low: halves[0] ?? 0 }
}

function hexBits(hex: string): string {
  return [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
}

/** The bits of 48 samples in a chunk that `promtool tsdb create-blocks-from openmetrics` (3.5.3) made. */
const goldenBits = [
  '003080a0abfef9623ff0000000000000987567fffe12fffe8000ed078400380ec00777fff001fff0000000000003',
  '7fff0004000000000000c000d0000000000000000afce0735b22d0e5610000000010e676d32416d72c92b8027a7d',
  'dfff80695b87f0be3cd63100067feffffffffffffede0009ffbfffffffffffff715a63fb999999999999ac3a98a0',
  '000000000000003c0000000000200b1e804999999999999affffffffffff7fd3867fffcffe0000000000001a0003',
  '000200000000000061000d8008000000000001bbfff7ffc000000000000dfffc0010000000000003000340000000',
  '000000002bf381cd6c8b439584000000004399db4c905b5cb24ae009e9f77ffe01a56e1fc2f8f358c40019ffbfff',
  'fffffffffb780027fefffffffffffffdc5698fee666666666666b0ea628000000000000000f00000000000802c7a',
  '012666666666666bfffffffffffdff4e19ffff3ff800000000000068000c00080000000000018400360020000000',
  '000006efffdfff00000000000037fff0004000000000000c000d0000000000000000afce0735b22d0e5610000000',
  '010e676d32416d72c92b8027a7ddfff80695b87f0be3cd63100067feffffffffffffede0009ffbfffffffffffff7',
  '15a63fb999999999999ac3a98a0000000000000000',
].join('')

const goldenValues = [
  [1, 1, 2, 2.5, -0, Number.NaN, Infinity, -Infinity],
  [12345.678, 12345.679, 1e-300, 5e-324, Number.MAX_VALUE, 0, 0.1, -0.1],
].flat()
const goldenSteps = [
  [15_000, 15_000, 15_001, 14_999, 15_000, 23_193, 6_807, 80_535],
  [15_000, 540_000, 15_000, 1, 15_000, 23_192, 15_000, 15_000],
].flat()

/** The samples that it was given; its ordinary NaN ends in 1. */
function goldenSamples(): XorSample[] {
  let timestampMs = 1_700_000_000_000
  return Array.from({ length: 48 }, (_, index) => {
    const value = goldenValues[index % 16] ?? 0
    const made = sample(timestampMs, value)
    timestampMs += goldenSteps[(index * 7) % 16] ?? 0
    return Number.isNaN(value) ? { ...made, high: 0x7ff80000, low: 1 } : made
  })
}

describe('the XOR chunk', () => {
  it('is the very bytes that Prometheus made of the same samples', () => {
    const samples = goldenSamples()
    const encoded = chunkOf(samples)
    const bytes = encoded.bytes.subarray(0, Math.ceil(encoded.bits / 8))
    expect(`0030${Buffer.from(bytes).toString('hex')}`).toBe(goldenBits)
    const readBack = new Uint8Array(goldenBits.length / 2 + 8)
    readBack.set(Buffer.from(goldenBits, 'hex').subarray(2))
    expect(decode({ bytes: readBack, count: 48 })).toEqual(samples)
  })

  it('gives back every sample bit for bit, whatever the times and values', () => {
    fc.assert(
      fc.property(samplesOf(200), (samples) => {
        expect(decode(chunkOf(samples))).toEqual(samples)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps the time of any whole millisecond, to the ends of the range', () => {
    const samples = [sample(-8.64e15, 1), sample(0, 1), sample(8.64e15, 1)]
    expect(decode(chunkOf(samples))).toEqual(samples)
  })

  it('decodes only what is inside the range, both ends included', () => {
    const samples = Array.from({ length: 50 }, (_, index) => sample(index * 10, index))
    expect(decode(chunkOf(samples), 100, 200)).toEqual(samples.slice(10, 21))
    expect(decode(chunkOf(samples), 500, 600)).toEqual([])
  })

  it('writes the bytes that Prometheus writes', () => {
    const encoded = chunkOf([
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

  it('touches nothing behind the room that a sample may take, in whole words', () => {
    const stranger = 0xa5
    fc.assert(
      fc.property(samplesOf(40), fc.boolean(), (samples, isInRuns) => {
        const line = new ArrayBuffer(lineWords * 4)
        const [words, doubles] = [new Uint32Array(line), new Float64Array(line)]
        doubles[lineDouble.cutAtMs] = Infinity
        const bytes = new Uint8Array(samples.length * 24 + 16)
        const view = new DataView(bytes.buffer)
        samples.forEach(({ timestampMs, high, low }, index) => {
          const delta = timestampMs - (doubles[lineDouble.timestampMs] ?? 0)
          const isSamePace = delta === doubles[lineDouble.deltaMs]
          const isSameValue = words[lineWord.valueHigh] === high && words[lineWord.valueLow] === low
          const most = sampleBitsMax(index, isSamePace, index > 0 && isSameValue)
          const room = Math.ceil(((words[lineWord.bits] ?? 0) + most) / 32) * 4
          bytes.fill(stranger, room)
          // No run has a stale marker.
          const isInRun = isInRuns && index > 0 && !(high === staleNanHigh && low === staleNanLow)
          if (isInRun) {
            const times = Float64Array.of(timestampMs)
            const halves = Uint32Array.of(low, high)
            const end = appendXorRun(
              ...([words, 0, doubles, 0, view, 0, times, halves, 0, 1] as const),
              ...([Infinity, room * 8] as const),
            )
            expect(end).toBe(1)
          } else appendXor(words, 0, doubles, 0, view, 0, timestampMs, high, low)
          expect(bytes.subarray(room).every((byte) => byte === stranger)).toBe(true)
          bytes.fill(0, room)
        })
      }),
    )
  })
})
