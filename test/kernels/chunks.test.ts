import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { crc32c } from '../../src/base/crc32c.ts'
import {
  chunkChecksum,
  chunkChecksumOf,
  chunkKernel,
  chunkKernelReason,
} from '../../src/kernels/chunks.ts'
import { ChunkCorruption, refusingOutside } from '../../src/tsdb/chunk/chunk-corruption.ts'
import { encoding } from '../../src/tsdb/chunk/encoding.ts'
import { HistogramDecoder } from '../../src/tsdb/chunk/histogram-decoder.ts'
import { XorDecoder } from '../../src/tsdb/chunk/xor-decode.ts'
import { readHistograms } from '../tsdb/chunk/chunk-reading.ts'
import { histogramChunks } from '../tsdb/chunk/made-chunks.ts'
import { chunkOf, samplesOf, type XorSample } from '../tsdb/chunk/xor-samples.ts'

const kernel = chunkKernel
if (kernel === undefined) throw new Error(`no chunk kernel: ${chunkKernelReason}`)

interface Decoded {
  readonly end: number
  readonly timestampsMs: readonly number[]
  readonly halves: readonly number[]
}

/** What a decoder wrote behind the two rows that were there. */
function decoded(
  samples: number,
  decode: (into: { timestampsMs: Float64Array; halves: Uint32Array }) => number,
): Decoded {
  const into = {
    timestampsMs: new Float64Array(samples + 2).fill(7),
    halves: new Uint32Array(samples * 2 + 4).fill(7),
  }
  const end = decode(into)
  return {
    end,
    timestampsMs: [...into.timestampsMs.subarray(0, end)],
    halves: [...into.halves.subarray(0, end * 2)],
  }
}

/** Its bytes and none behind them. */
function wholeChunkOf(samples: readonly XorSample[]) {
  const { bytes, bits, count } = chunkOf(samples)
  return { bytes: bytes.slice(0, Math.ceil(bits / 8)), count }
}

function byKernel(bytes: Uint8Array, samples: number, min: number, max: number): Decoded {
  const { length } = bytes
  return decoded(samples, (into) =>
    kernel ? kernel.decode(bytes, 0, length, samples, min, max, into, 2) : -1,
  )
}

/** From byte 5 of a view on, with other bytes around them. */
function viewAround(bytes: Uint8Array): DataView {
  const around = new Uint8Array(bytes.length + 13).fill(0xab)
  around.set(bytes, 9)
  return new DataView(around.buffer, 4)
}

function byView(view: DataView, length: number, samples: number, min = -Infinity, max = Infinity) {
  return decoded(samples, (into) =>
    kernel ? kernel.decodeView(view, 5, length, samples, min, max, into, 2) : -1,
  )
}

/** The same as part of what was summed before. */
function bySummedView(view: DataView, length: number, samples: number, min: number, max: number) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset)
  const end = 5 + length + 1
  expect(kernel?.checksumView(view, 2, end)).toBe(crc32c(bytes, 2, end))
  return byView(view, length, samples, min, max)
}

function byTwin(bytes: Uint8Array, samples: number, min: number, max: number): Decoded {
  const view = new DataView(new Uint8Array([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]).buffer)
  const twin = new XorDecoder()
  return decoded(samples, (into) => {
    const end = refusingOutside(bytes.length, () =>
      twin.decode(view, 0, samples, min, max, into, 2),
    )
    if (twin.endBit > bytes.length * 8) throw new ChunkCorruption(0, 'behind the end')
    return end
  })
}

describe('the chunk kernel', () => {
  it('decodes 5,000 chunks as the twin does, whole and between two times', () => {
    let seen = 0
    fc.assert(
      fc.property(samplesOf(40), fc.nat(39), fc.nat(39), (samples, from, to) => {
        const { bytes, count } = wholeChunkOf(samples)
        const [min, max] = [samples[from]?.timestampMs ?? 0, samples[to]?.timestampMs ?? 1e15]
        for (const [a, b] of [
          [-Infinity, Infinity],
          [min, max],
        ] as const) {
          const expected = byTwin(bytes, count, a, b)
          expect(byKernel(bytes, count, a, b)).toEqual(expected)
          const view = viewAround(bytes)
          expect(byView(view, bytes.length, count, a, b)).toEqual(expected)
          expect(bySummedView(view, bytes.length, count, a, b)).toEqual(expected)
          seen++
        }
      }),
      { seed: 20_262, numRuns: 5_000 },
    )
    expect(seen).toBe(10_000)
  })

  it('decodes what stands in a view now, whatever was summed before', () => {
    const made = (length: number, step: number) =>
      wholeChunkOf(
        Array.from({ length }, (_, at) => ({ timestampMs: at * step, high: at * step, low: at })),
      )
    const [one, other] = [made(30, 3), made(20, 5)]
    const [view, { length }] = [viewAround(one.bytes), one.bytes]
    const whole = [-Infinity, Infinity] as const
    const expected = byTwin(one.bytes, 30, ...whole)
    expect(bySummedView(view, length, 30, ...whole)).toEqual(expected)
    // Decoded before: what is behind the bits was written over.
    expect(byView(view, length, 30)).toEqual(expected)
    kernel.checksumView(view, 5, 5 + length)
    kernel.checksum(other.bytes, 0, other.bytes.length)
    expect(byView(view, length, 30)).toEqual(expected)
    kernel.checksumView(view, 5, 5 + length - 1)
    expect(byView(view, length, 30)).toEqual(expected)
    kernel.checksumView(view, 6, 5 + length)
    expect(byView(view, length, 30)).toEqual(expected)
    kernel.checksumView(viewAround(other.bytes), 5, 5 + other.bytes.length)
    expect(byView(view, length, 30)).toEqual(expected)
    kernel.checksumView(view, 5, 5 + length)
    byView(view, length, 30)
    const changed = viewAround(other.bytes)
    for (let at = 0; at < view.byteLength; at++) {
      view.setUint8(at, at < changed.byteLength ? changed.getUint8(at) : 0xab)
    }
    const { bytes } = other
    expect(byView(view, bytes.length, 20)).toEqual(byTwin(bytes, 20, ...whole))
  })

  it('refuses a chunk whose bits go on behind its end', () => {
    const samples = Array.from({ length: 30 }, (_, at) => ({
      timestampMs: 1_000 + at * 15_000 + (at % 3),
      high: Math.imul(at, 0x9e3779b9) >>> 0,
      low: Math.imul(at, 0x85ebca6b) >>> 0,
    }))
    const { bytes, count } = wholeChunkOf(samples)
    expect(byKernel(bytes, count, -Infinity, Infinity).end).toBe(count + 2)
    for (let length = 1; length < bytes.length; length++) {
      expect(byKernel(bytes.subarray(0, length), count, -Infinity, Infinity).end).toBe(-1)
    }
  })

  it('survives any bytes: refused, or what the twin makes of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 300 }), (bytes) => {
        const samples = 200
        const own = byKernel(bytes, samples, -Infinity, Infinity)
        if (own.end < 0) return
        expect(own).toEqual(byTwin(bytes, samples, -Infinity, Infinity))
      }),
      { seed: 20_263, numRuns: 3_000 },
    )
  })

  it('sums as crc32c does, at every length and place', () => {
    const bytes = Uint8Array.from({ length: 2_000 }, (_, at) => Math.imul(at, 0x9e3779b9) >>> 24)
    for (let length = 0; length < 600; length++) {
      const start = length % 37
      expect(kernel.checksum(bytes, start, start + length)).toBe(
        crc32c(bytes, start, start + length),
      )
    }
    expect(chunkChecksum(bytes, 3, 1_990)).toBe(crc32c(bytes, 3, 1_990))
    expect(chunkChecksum(bytes, 3, 20)).toBe(crc32c(bytes, 3, 20))
    const view = new DataView(bytes.buffer, 1)
    for (const end of [3, 4, 20, 900, 1_990]) {
      expect(chunkChecksumOf(view, 2, end - 1)).toBe(crc32c(bytes, 3, end))
    }
    const text = Uint8Array.from({ length: 20_000 }, (_, at) => Math.imul(at, 0x85ebca6b) >>> 23)
    for (let length = 1_900; length < 19_000; length += length < 2_700 ? 1 : 173) {
      const start = length % 41
      expect(kernel.checksum(text, start, start + length)).toBe(crc32c(text, start, start + length))
    }
    const long = new Uint8Array(1_100_000).fill(9)
    expect(chunkChecksumOf(new DataView(long.buffer), 1, 1_099_000)).toBe(
      crc32c(long, 1, 1_099_000),
    )
  })

  it('sums and decodes what stands in a view of any memory, of every length, as crc32c and the twin do', () => {
    const samples = Array.from({ length: 180 }, (_, at) => ({
      timestampMs: at * 15_000,
      high: 0x40f00000 + (Math.imul(at, 0x9e3779b9) >>> 14),
      low: Math.imul(at, 0x85ebca6b) >>> 0,
    }))
    const lengths = new Set<number>()
    for (let count = 1; count <= samples.length; count++) {
      const { bytes } = wholeChunkOf(samples.slice(0, count))
      lengths.add(bytes.length)
      const expected = byTwin(bytes, count, -Infinity, Infinity)
      const own = viewAround(bytes)
      const shared = new DataView(new SharedArrayBuffer(own.byteLength))
      for (let at = 0; at < own.byteLength; at++) shared.setUint8(at, own.getUint8(at))
      for (const view of [own, shared]) {
        expect(bySummedView(view, bytes.length, count, -Infinity, Infinity)).toEqual(expected)
        expect(byView(view, bytes.length, count)).toEqual(expected)
      }
    }
    // Short ones and long ones are copied in different ways.
    expect(Math.min(...lengths)).toBeLessThan(100)
    expect(Math.max(...lengths)).toBeGreaterThan(1_100)
  })

  it('decodes the histograms of 150 series, whole and damaged, as the twin does', () => {
    const [own, twin] = [new HistogramDecoder(), new HistogramDecoder(null)]
    const random = seededRandom(20_274)
    let seen = 0
    for (let seed = 0; seed < 150; seed++) {
      for (const chunk of histogramChunks(encoding.histogram, seed).chunks) {
        const damaged = chunk.slice()
        const at = 3 + Math.floor(random() * (chunk.length - 3))
        damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        const cut = chunk.slice(0, at)
        for (const bytes of [chunk, damaged, cut]) {
          const [mine, wanted] = [own, twin].map((decoder) => outcomeOf(bytes, decoder))
          if (mine !== wanted) expect(mine, `series ${seed}`).toBe(wanted)
          seen++
        }
      }
    }
    expect(seen).toBeGreaterThan(600)
  })
})

/** What is read, or what is said to be wrong. */
function outcomeOf(bytes: Uint8Array, decoder: HistogramDecoder): string {
  try {
    return JSON.stringify(readHistograms(encoding.histogram, bytes, decoder))
  } catch (thrown) {
    if (!(thrown instanceof ChunkCorruption)) throw thrown
    return thrown.message
  }
}
