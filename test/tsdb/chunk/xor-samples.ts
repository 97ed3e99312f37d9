import fc from 'fast-check'
import { appendXor } from '../../../src/tsdb/chunk/xor-append.ts'
import { lineDoubles, lineWord, lineWords } from '../../../src/tsdb/chunk/xor-line.ts'

/** A float sample with its value as halves. */
export interface XorSample {
  readonly timestampMs: number
  readonly high: number
  readonly low: number
}

/** The bits behind the sample count, with room to read ahead. */
export function chunkOf(samples: readonly XorSample[]): {
  bytes: Uint8Array
  bits: number
  count: number
} {
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

/** Samples in order, at most so many. */
export function samplesOf(maxLength: number): fc.Arbitrary<XorSample[]> {
  return fc
    .tuple(
      fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
      fc.array(fc.tuple(step, word, word), { minLength: 1, maxLength }),
    )
    .map(([start, steps]) => {
      let timestampMs = start
      return steps.map(([delta, high, low]) => {
        timestampMs += delta
        return { timestampMs, high, low }
      })
    })
}
