import { assert } from '../../base/assert.ts'
import { ChunkBuffer } from './chunk-buffer.ts'
import { type FloatEncoding, headerBytesOf, samplesMaxOf } from './chunk-encoding.ts'
import { encoding as chunkEncoding } from './encoding.ts'
import { appendXor, sampleBytesMax } from './xor-append.ts'
import { lineDoubles, lineWord, lineWords } from './xor-line.ts'
import { appendXor2, xor2SampleBytesMax } from './xor2-append.ts'

/**
 * Writes float chunks one after the other into a growing buffer, for compaction and out-of-order
 * samples: `append` in order of time, `bytes` when it is enough, `clear` for the next chunk.
 */
export interface FloatChunkWriter {
  readonly encoding: FloatEncoding
  readonly sampleCount: number
  /** The whole chunk's data, with its count; valid until the next call. */
  bytes(): Uint8Array
  /** The value is element `index` of the halves. startMs is 0 for none; XOR chunks have none. */
  append(timestampMs: number, startMs: number, halves: Uint32Array, index: number): void
  clear(): void
}

export function createFloatChunkWriter(encoding: FloatEncoding): FloatChunkWriter {
  return new LineChunkWriter(encoding)
}

/** Keeps the state of its chunk in a line as the head's series have it. */
class LineChunkWriter implements FloatChunkWriter {
  readonly encoding: FloatEncoding
  readonly #buffer = new ChunkBuffer()
  readonly #words: Uint32Array
  readonly #doubles: Float64Array
  /** Of the newest sample. */
  #startMs = 0

  constructor(encoding: FloatEncoding) {
    this.encoding = encoding
    const line = new ArrayBuffer(lineDoubles * 8)
    this.#words = new Uint32Array(line, 0, lineWords)
    this.#doubles = new Float64Array(line, 0, lineDoubles)
  }

  get sampleCount(): number {
    return (this.#words[lineWord.counts] ?? 0) & 0xffff
  }

  bytes(): Uint8Array {
    this.#buffer.view.setUint16(0, this.sampleCount)
    const length = Math.max(this.#byteLength(), headerBytesOf(this.encoding))
    return this.#buffer.bytes.subarray(0, length)
  }

  append(timestampMs: number, startMs: number, halves: Uint32Array, index: number): void {
    assert(this.sampleCount < samplesMaxOf(this.encoding), 'the chunk is full')
    const isXor = this.encoding === chunkEncoding.xor
    const sampleBytes = isXor ? sampleBytesMax : xor2SampleBytesMax
    this.#buffer.reserve(headerBytesOf(this.encoding) + this.#byteLength() + sampleBytes)
    const [words, doubles] = [this.#words, this.#doubles]
    const { view } = this.#buffer
    const high = halves[index * 2 + 1] ?? 0
    const low = halves[index * 2] ?? 0
    if (isXor) appendXor(words, 0, doubles, 0, view, 2, timestampMs, high, low)
    else {
      const before = this.#startMs
      appendXor2(words, 0, doubles, 0, view, 2, timestampMs, before, startMs, high, low)
    }
    this.#startMs = startMs
  }

  clear(): void {
    this.#buffer.clear()
    this.#words.fill(0)
    this.#startMs = 0
  }

  #byteLength(): number {
    return 2 + Math.ceil((this.#words[lineWord.bits] ?? 0) / 8)
  }
}
