import type { ChunkKernel } from '../../kernels/chunk-kernel.ts'
import { chunkKernel } from '../../kernels/chunks.ts'
import { encoding as chunkEncoding } from './encoding.ts'
import { kernelSamplesMin } from './float-decode.ts'
import { type DecodeTarget, XorDecoder } from './xor-decode.ts'
import { Xor2Decoder } from './xor2-decode.ts'

/**
 * Decodes float chunks of both encodings where they stand, from behind the sample count on: their
 * bytes are known to be right, and there is room to read ahead behind them. Keep it and use it again.
 */
export class FloatBitsDecoder {
  readonly #xor = new XorDecoder()
  readonly #xor2 = new Xor2Decoder()
  #kernel: ChunkKernel | undefined
  #isXor2 = false
  #view: DataView = new DataView(new ArrayBuffer(0))
  #byteStart = 0
  #byteLength = 0
  #samples = 0

  /** The chunk that the next decode reads. */
  begin(
    encoding: number,
    view: DataView,
    byteStart: number,
    byteLength: number,
    samples: number,
  ): void {
    this.#isXor2 = encoding === chunkEncoding.xor2
    this.#kernel = this.#isXor2 || samples < kernelSamplesMin ? undefined : chunkKernel
    this.#view = view
    this.#byteStart = byteStart
    this.#byteLength = byteLength
    this.#samples = samples
  }

  /** As XorDecoder.decode. */
  decode(minTimeMs: number, maxTimeMs: number, target: DecodeTarget, index: number): number {
    const [view, byteStart, samples] = [this.#view, this.#byteStart, this.#samples]
    const kernel = this.#kernel
    if (kernel !== undefined) {
      const length = this.#byteLength
      const end = kernel.decodeView(
        view,
        byteStart,
        length,
        samples,
        minTimeMs,
        maxTimeMs,
        target,
        index,
      )
      if (end >= 0) {
        target.startsMs?.fill(0, index, end)
        return end
      }
    }
    const decoder = this.#isXor2 ? this.#xor2 : this.#xor
    const end = decoder.decode(view, byteStart, samples, minTimeMs, maxTimeMs, target, index)
    if (!this.#isXor2) target.startsMs?.fill(0, index, end)
    return end
  }
}
