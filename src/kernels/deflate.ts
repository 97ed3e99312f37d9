import { constants, deflateRawSync } from 'node:zlib'
import { DeflateKernel, deflateBytesMax } from './deflate-kernel.ts'
import { chooseKernel } from './kernel-choice.ts'
import { deflateWasmText } from './wasm-text.ts'

const choice = chooseKernel(deflateWasmText, (text) => new DeflateKernel(text))

/** Compresses answers for this thread; undefined where it cannot run, and zlib does the work. */
export const deflateKernel = choice.kernel

/** Why there is no kernel; empty where there is. */
export const deflateKernelReason = choice.reason

/**
 * A DEFLATE stream of the bytes, or a part of one that ends at a whole byte where they are not the
 * last; in memory of its own, in pieces.
 */
export function deflated(
  bytes: Uint8Array,
  isLast: boolean,
  kernel: DeflateKernel | null = deflateKernel ?? null,
): readonly Uint8Array<ArrayBuffer>[] {
  if (kernel === null) return [new Uint8Array(deflateRawSync(bytes, zlibOptions(bytes, isLast)))]
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let from = 0
  do {
    const end = Math.min(from + deflateBytesMax, bytes.length)
    const isEnd = isLast && end === bytes.length
    pieces.push(new Uint8Array(kernel.deflate(bytes.subarray(from, end), isEnd)))
    from = end
  } while (from < bytes.length)
  return pieces
}

/** The twin's: its fastest level. */
export function zlibOptions(bytes: Uint8Array, isLast: boolean) {
  return {
    level: constants.Z_BEST_SPEED,
    // Results are a third as long, which then is one piece of memory.
    chunkSize: Math.max(constants.Z_MIN_CHUNK, bytes.length >>> 1),
    finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
  }
}
