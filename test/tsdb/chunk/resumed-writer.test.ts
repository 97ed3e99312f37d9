import { describe, expect, it } from 'vitest'
import { isFloatHistogram } from '../../../src/tsdb/chunk/chunk-encoding.ts'
import { encoding } from '../../../src/tsdb/chunk/encoding.ts'
import { appendOutcome, HistogramChunkWriter } from '../../../src/tsdb/chunk/histogram-writer.ts'
import { StatePlace } from '../../../src/tsdb/chunk/state-place.ts'
import { histogramSeries } from './chunk-series.ts'
import { hexOf, histogramChunks } from './made-chunks.ts'

/** A chunk whose bytes and state stand outside of its writer. */
class Resumed {
  bytes = new Uint8Array(0)
  #state = new Float64Array(0)
  sampleCount = 0
  minTimeMs = 0
  maxTimeMs = 0
  bitLength = 0

  load(writer: HistogramChunkWriter): void {
    const place = new StatePlace()
    place.moveTo(this.#state, new Uint32Array(this.#state.buffer), 0)
    const { sampleCount, minTimeMs, maxTimeMs, bitLength } = this
    const bytes = () => this.withCount()
    writer.load(place, { sampleCount, minTimeMs, maxTimeMs, bitLength, bytes })
    expect(place.at).toBe(this.#state.length)
  }

  save(writer: HistogramChunkWriter): void {
    const tail = writer.tail()
    const bytes = new Uint8Array(writer.byteLength)
    bytes.set(this.bytes.subarray(0, writer.tailStart + 1))
    if (writer.tailStart === 0) bytes.set(tail)
    else {
      const first = (bytes[writer.tailStart] ?? 0) | (tail[0] ?? 0)
      bytes.set(tail, writer.tailStart)
      bytes[writer.tailStart] = first
    }
    this.bytes = bytes
    this.#state = new Float64Array(writer.stateDoubles)
    const place = new StatePlace()
    place.moveTo(this.#state, new Uint32Array(this.#state.buffer), 0)
    writer.save(place)
    expect(place.at).toBe(this.#state.length)
    this.sampleCount = writer.sampleCount
    this.minTimeMs = writer.minTimeMs
    this.maxTimeMs = writer.maxTimeMs
    this.bitLength = writer.bitLength
  }

  withCount(): Uint8Array {
    const bytes = this.bytes.slice()
    bytes[0] = this.sampleCount >>> 8
    bytes[1] = this.sampleCount & 0xff
    return bytes
  }
}

describe('a histogram writer that serves many chunks in turn', () => {
  it.each([encoding.histogram, encoding.floatHistogram])(
    'makes the very chunks of one that stays: %i',
    (kind) => {
      // What it did for another series before must not be seen.
      const writer = new HistogramChunkWriter(kind)
      for (let seed = 1; seed <= 100; seed++) {
        const chunks: string[] = []
        const chunk = new Resumed()
        for (const sample of histogramSeries(seed, isFloatHistogram(kind))) {
          writer.clear()
          if (chunk.sampleCount > 0) chunk.load(writer)
          if (sample.cut && chunk.sampleCount > 0) {
            writer.cut()
            chunks.push(hexOf(chunk.withCount()))
          }
          const outcome = writer.append(sample.timestampMs, 0, sample.histogram)
          if (outcome === appendOutcome.cut) chunks.push(hexOf(chunk.withCount()))
          chunk.save(writer)
        }
        chunks.push(hexOf(chunk.withCount()))
        expect(chunks, `seed ${seed}`).toEqual(histogramChunks(kind, seed).chunks.map(hexOf))
      }
    },
  )
})
