import { describe, expect, it } from 'vitest'
import { ChunkCorruption } from '../../../src/tsdb/chunk/chunk-corruption.ts'
import { encoding as chunkEncoding } from '../../../src/tsdb/chunk/encoding.ts'
import { factsOf, readAny, readColumns, readFloats, readHistograms } from './chunk-reading.ts'
import { floatSeries, histogramSeries, Random } from './chunk-series.ts'
import { floatChunk, histogramChunks } from './made-chunks.ts'

const { xor, xor2, histogram, floatHistogram, histogramStart, floatHistogramStart } = chunkEncoding
const floatEncodings = [xor, xor2] as const
const histogramEncodings = [histogram, floatHistogram, histogramStart, floatHistogramStart] as const
const seeds = Array.from({ length: 100 }, (_, index) => index + 1_000)

function middleOf<T>(all: readonly T[]): [number, number] {
  return [Math.floor(all.length / 3), Math.ceil((all.length * 2) / 3)]
}

describe('a chunk that is read back', () => {
  it.each(floatEncodings)('has every float bit for bit: encoding %i', (encoding) => {
    for (const seed of seeds) {
      const samples = floatSeries(seed)
      const wanted = encoding === xor ? samples.map((one) => ({ ...one, startMs: 0 })) : samples
      const bytes = floatChunk(encoding, seed)
      expect(readFloats(encoding, bytes)).toEqual(wanted)
      const [from, to] = middleOf(wanted)
      const [first, last] = [wanted[from]?.timestampMs, wanted[to - 1]?.timestampMs]
      expect(readFloats(encoding, bytes, first, last ?? 0)).toEqual(wanted.slice(from, to))
    }
  })

  it.each(histogramEncodings)('has every histogram bit for bit: encoding %i', (encoding) => {
    const isFloat = encoding === floatHistogram || encoding === floatHistogramStart
    const hasStarts = encoding === histogramStart || encoding === floatHistogramStart
    for (const seed of seeds) {
      const wanted = histogramSeries(seed, isFloat).map((sample) =>
        factsOf(sample.timestampMs, hasStarts ? sample.startMs : 0, sample.histogram),
      )
      const { chunks } = histogramChunks(encoding, seed)
      expect(chunks.flatMap((bytes) => readHistograms(encoding, bytes))).toEqual(wanted)
      expect(chunks.flatMap((bytes) => readColumns(encoding, bytes))).toEqual(wanted)
      const [from, to] = middleOf(wanted)
      const [first, last] = [wanted[from]?.timestampMs, wanted[to - 1]?.timestampMs]
      const middle = chunks.flatMap((bytes) => readColumns(encoding, bytes, first, last ?? 0))
      expect(middle).toEqual(wanted.slice(from, to))
    }
  })
})

/** Answers how many samples were read, or that the bytes were refused; anything else is thrown. */
function readOrRefuse(encoding: Parameters<typeof readAny>[0], bytes: Uint8Array): number | string {
  try {
    return readAny(encoding, bytes)
  } catch (thrown) {
    if (thrown instanceof ChunkCorruption) return 'refused'
    throw thrown
  }
}

describe('bytes that are no chunk', () => {
  const all = [...floatEncodings, ...histogramEncodings]
  const made = new Map<string, Uint8Array>()
  const make = (encoding: (typeof all)[number], seed: number): Uint8Array => {
    if (encoding === xor || encoding === xor2) return floatChunk(encoding, seed)
    return histogramChunks(encoding, seed).chunks[0] ?? new Uint8Array(0)
  }
  const chunkOf = (encoding: (typeof all)[number], seed: number): Uint8Array => {
    const bytes = made.get(`${encoding} ${seed}`) ?? make(encoding, seed)
    made.set(`${encoding} ${seed}`, bytes)
    return bytes.slice()
  }

  it.each(all)('that lack their end are refused: encoding %i', (encoding) => {
    for (const seed of seeds.slice(0, 10)) {
      const bytes = chunkOf(encoding, seed)
      for (let length = 0; length < bytes.length; length++) {
        expect(readOrRefuse(encoding, bytes.slice(0, length))).toBe('refused')
      }
    }
  })

  it.each(all)('whatever is wrong in them end in samples or in one error: %i', (encoding) => {
    const random = new Random(encoding)
    let refused = 0
    for (let round = 0; round < 2_000; round++) {
      const bytes = chunkOf(encoding, 1_000 + (round % 50))
      for (let flips = 1 + random.below(4); flips > 0; flips--) {
        const at = random.below(random.below(3) === 0 ? Math.min(bytes.length, 12) : bytes.length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
      }
      if (readOrRefuse(encoding, bytes) === 'refused') refused++
    }
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(2_000)
  })
})
