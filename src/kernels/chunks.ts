import { crc32c } from '../base/crc32c.ts'
import { ChunkKernel } from './chunk-kernel.ts'
import { chooseKernel } from './kernel-choice.ts'
import { chunksWasmText } from './wasm-text.ts'

const choice = chooseKernel(chunksWasmText, (text) => new ChunkKernel(text))

/**
 * Checksum of chunks and of the log's fragments and XOR decoding of chunks for all readers of this
 * thread; undefined where it cannot run, and the twins base/crc32c.ts and tsdb/chunk/xor-decode.ts do the work.
 */
export const chunkKernel = choice.kernel

/** Why there is no kernel; empty where there is. */
export const chunkKernelReason = choice.reason

/** Below it a copy and a call cost more than they save. */
const kernelBytesMin = 96
/** Longer texts are neither chunks nor fragments: they would stay in the kernel's memory. */
const kernelBytesMax = 1 << 20

/** CRC-32C of bytes[start .. end), as crc32c answers it. */
export function chunkChecksum(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (chunkKernel === undefined || length < kernelBytesMin || length > kernelBytesMax) {
    return crc32c(bytes, start, end)
  }
  return chunkKernel.checksum(bytes, start, end)
}

/**
 * The same of a view, behind which three more bytes can be read: whoever decodes some of them next
 * decodes the very bytes that were summed.
 */
export function chunkChecksumOf(view: DataView, start: number, end: number): number {
  const length = end - start
  if (chunkKernel === undefined || length > kernelBytesMax) {
    return crc32c(new Uint8Array(view.buffer, view.byteOffset + start, length), 0, length)
  }
  return chunkKernel.checksumView(view, start, end)
}
