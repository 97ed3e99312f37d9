import { assert } from '../../base/assert.ts'
import { staleNanHigh, staleNanLow } from '../../model/stale-nan.ts'
import { putBits, putHalves, putUvarint, putVarint } from './bit-writing.ts'
import { ChunkBuffer } from './chunk-buffer.ts'
import { type FloatEncoding, headerBytesOf, samplesMaxOf } from './chunk-encoding.ts'
import { encoding as chunkEncoding } from './encoding.ts'
import { StartWriter } from './start-column.ts'
import { putXor, type XorForm, xor2Form, xor2JointForm } from './varbit-writing.ts'
import { appendXor, sampleBytesMax } from './xor-append.ts'
import { lineDoubles, lineWord, lineWords, noLeading } from './xor-line.ts'

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
  return encoding === chunkEncoding.xor ? new XorChunkWriter() : new Xor2ChunkWriter()
}

class XorChunkWriter implements FloatChunkWriter {
  readonly encoding = chunkEncoding.xor
  readonly #buffer = new ChunkBuffer()
  readonly #words: Uint32Array
  readonly #doubles: Float64Array

  constructor() {
    const line = new ArrayBuffer(lineDoubles * 8)
    this.#words = new Uint32Array(line, 0, lineWords)
    this.#doubles = new Float64Array(line, 0, lineDoubles)
  }

  get sampleCount(): number {
    return (this.#words[lineWord.counts] ?? 0) & 0xffff
  }

  bytes(): Uint8Array {
    this.#buffer.view.setUint16(0, this.sampleCount)
    return this.#buffer.bytes.subarray(0, this.#byteLength())
  }

  append(timestampMs: number, _startMs: number, halves: Uint32Array, index: number): void {
    assert(this.sampleCount < samplesMaxOf(this.encoding), 'the chunk is full')
    this.#buffer.reserve(this.#byteLength() + sampleBytesMax)
    const high = halves[index * 2 + 1] ?? 0
    const low = halves[index * 2] ?? 0
    const { view } = this.#buffer
    appendXor(this.#words, 0, this.#doubles, 0, view, 2, timestampMs, high, low)
  }

  clear(): void {
    this.#buffer.clear()
    this.#words.fill(0)
  }

  #byteLength(): number {
    return 2 + Math.ceil((this.#words[lineWord.bits] ?? 0) / 8)
  }
}

const xor2HeaderBytes = headerBytesOf(chunkEncoding.xor2)
/** 5 + 64 bits of time, 3 + 11 + 64 of value, 72 of start; the first sample's are fewer. */
const xor2SampleBytesMax = 30

/** XOR2 (FEATURES T6.3): time and value share a prefix, a stale marker takes no value's bits. */
class Xor2ChunkWriter implements FloatChunkWriter {
  readonly encoding = chunkEncoding.xor2
  sampleCount = 0
  readonly #buffer = new ChunkBuffer()
  readonly #starts = new StartWriter()
  readonly #windows = new Uint16Array(1)
  #bit = xor2HeaderBytes * 8
  #timestampMs = 0
  #deltaMs = 0
  /** The last value that was not stale. */
  #high = 0
  #low = 0

  bytes(): Uint8Array {
    const { bytes, view } = this.#buffer
    view.setUint16(0, this.sampleCount)
    view.setUint8(2, this.#starts.header)
    return bytes.subarray(0, Math.ceil(this.#bit / 8))
  }

  append(timestampMs: number, startMs: number, halves: Uint32Array, index: number): void {
    const sample = this.sampleCount
    assert(sample < samplesMaxOf(this.encoding), 'the chunk is full')
    this.#buffer.reserve((this.#bit >>> 3) + xor2SampleBytesMax)
    const { view } = this.#buffer
    const high = halves[index * 2 + 1] ?? 0
    const low = halves[index * 2] ?? 0
    const stale = high === staleNanHigh && low === staleNanLow
    const previousMs = this.#timestampMs
    const deltaMs = timestampMs - previousMs
    if (sample === 0) {
      this.#windows[0] = noLeading
      const bit = putHalves(view, putVarint(view, this.#bit, timestampMs), high, low)
      this.#bit = this.#starts.putFirst(view, bit, timestampMs, startMs)
      this.#deltaMs = 0
    } else {
      if (sample === 1) {
        this.#bit = putUvarint(view, this.#bit, deltaMs)
        this.#putValue(view, high, low, stale)
      } else this.#putJoint(view, deltaMs - this.#deltaMs, high, low, stale)
      this.#bit = this.#starts.put(view, this.#bit, sample, previousMs, startMs)
      this.#deltaMs = deltaMs
    }
    if (!stale) {
      this.#high = high
      this.#low = low
    }
    this.#timestampMs = timestampMs
    this.sampleCount++
  }

  clear(): void {
    this.#buffer.clear()
    this.#starts.clear()
    this.#bit = xor2HeaderBytes * 8
    this.sampleCount = 0
    this.#high = 0
    this.#low = 0
  }

  #putJoint(view: DataView, doubled: number, high: number, low: number, stale: boolean): void {
    if (doubled === 0) {
      if (stale) {
        putBits(view, this.#bit, 0b11111, 5)
        this.#bit += 5
      } else {
        this.#putChange(view, xor2JointForm, high, low)
      }
      return
    }
    if (doubled >= -4_096 && doubled <= 4_095) {
      putBits(view, this.#bit, (0b110 << 13) | (doubled & 0x1fff), 16)
      this.#bit += 16
    } else if (doubled >= -524_288 && doubled <= 524_287) {
      putBits(view, this.#bit, (0b1110 << 20) | (doubled & 0xfffff), 24)
      this.#bit += 24
    } else {
      putBits(view, this.#bit, 0b11110, 5)
      this.#bit = putHalves(view, this.#bit + 5, Math.floor(doubled / 2 ** 32), doubled)
    }
    this.#putValue(view, high, low, stale)
  }

  #putValue(view: DataView, high: number, low: number, stale: boolean): void {
    if (stale) {
      putBits(view, this.#bit, 0b111, 3)
      this.#bit += 3
      return
    }
    this.#putChange(view, xor2Form, high, low)
  }

  #putChange(view: DataView, form: XorForm, high: number, low: number): void {
    const windows = this.#windows
    this.#bit = putXor(view, this.#bit, form, high ^ this.#high, low ^ this.#low, windows, 0)
  }
}
