import { chunkKernel } from '../../kernels/chunks.ts'
import { ChunkCorruption, refusingOutside } from './chunk-corruption.ts'
import { encodingNames, isFloatEncoding, sampleCountOf } from './chunk-encoding.ts'
import type { ChunkPlace } from './chunk-place.ts'
import { encoding as chunkEncoding } from './encoding.ts'
import { type DecodeTarget, decodeReadAheadBytes, XorDecoder } from './xor-decode.ts'
import { Xor2Decoder } from './xor2-decode.ts'

/** For fewer a copy and a call cost more than they save. */
export const kernelSamplesMin = 8

/** Reads float chunks of both encodings; keep it and use it again. */
export class FloatChunkDecoder {
  readonly #xor = new XorDecoder()
  readonly #xor2 = new Xor2Decoder()
  /** Made when the kernel first leaves a chunk to the twins. */
  #scratch = new Uint8Array(0)
  #view = new DataView(this.#scratch.buffer)

  /**
   * Decodes the samples with minTimeMs <= t <= maxTimeMs of the chunk whose data are `bytes`, from
   * the sample count on, into the target from `index` on, and answers the index behind the last
   * one. The target has room for sampleCountOf(encoding, bytes) more. Throws ChunkCorruption; rows
   * behind `index` may have been written then.
   */
  decode(
    encoding: number,
    bytes: Uint8Array,
    minTimeMs: number,
    maxTimeMs: number,
    target: DecodeTarget,
    index: number,
  ): number {
    if (!isFloatEncoding(encoding)) {
      throw new ChunkCorruption(0, `${encodingNames[encoding] ?? encoding}: no float encoding`)
    }
    const samples = sampleCountOf(encoding, bytes)
    if (samples === 0) return index
    const { length } = bytes
    const kernel = encoding === chunkEncoding.xor ? chunkKernel : undefined
    if (kernel !== undefined && samples >= kernelSamplesMin) {
      const end = kernel.decode(bytes, 2, length, samples, minTimeMs, maxTimeMs, target, index)
      if (end >= 0) {
        target.startsMs?.fill(0, index, end)
        return end
      }
      // The twin says what is wrong.
    }
    // A copy has room behind it for reading ahead, and nothing of a neighbour.
    this.#copy(bytes)
    const decoder = encoding === chunkEncoding.xor ? this.#xor : this.#xor2
    const end = refusingOutside(length, () =>
      decoder.decode(this.#view, 2, samples, minTimeMs, maxTimeMs, target, index),
    )
    if (decoder.endBit > length * 8) {
      throw new ChunkCorruption(length, 'samples go on behind the end')
    }
    if (encoding === chunkEncoding.xor) target.startsMs?.fill(0, index, end)
    return end
  }

  /** The same of the chunk at a place, which has so many samples. */
  decodePlace(
    place: ChunkPlace,
    samples: number,
    minTimeMs: number,
    maxTimeMs: number,
    target: DecodeTarget,
    index: number,
  ): number {
    const { encoding, view, start, length } = place
    const kernel = encoding === chunkEncoding.xor ? chunkKernel : undefined
    if (kernel !== undefined && samples >= kernelSamplesMin) {
      const [from, left] = [start + 2, length - 2]
      const end = kernel.decodeView(view, from, left, samples, minTimeMs, maxTimeMs, target, index)
      if (end >= 0) {
        target.startsMs?.fill(0, index, end)
        return end
      }
    }
    return this.decode(encoding, place.bytes, minTimeMs, maxTimeMs, target, index)
  }

  #copy(bytes: Uint8Array): void {
    const needed = bytes.length + decodeReadAheadBytes
    if (this.#scratch.length < needed) {
      this.#scratch = new Uint8Array(Math.max(needed * 2, 2_048))
      this.#view = new DataView(this.#scratch.buffer)
    }
    this.#scratch.set(bytes)
  }
}
