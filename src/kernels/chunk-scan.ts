import { ChunkScanKernel, compileChunkScan } from './chunk-scan-kernel.ts'
import { chooseKernel } from './kernel-choice.ts'
import { chunkScanWasmText } from './wasm-text.ts'

const choice = chooseKernel(chunkScanWasmText, compileChunkScan)

/** Whether files of head chunks are scanned in WebAssembly; else a record at a time, by the twin. */
export const chunkScanKernelIsActive = choice.kernel !== undefined

/** Why not; empty where they are. */
export const chunkScanKernelReason = choice.reason

/** For one start: its memory is given back with it. Undefined where it cannot run. */
export function createChunkScan(): ChunkScanKernel | undefined {
  return choice.kernel === undefined ? undefined : new ChunkScanKernel(choice.kernel)
}
