import { chooseKernel } from './kernel-choice.ts'
import type { SnappyCodec } from './snappy-codec.ts'
import { compileSnappy, SnappyKernel } from './snappy-kernel.ts'
import { snappyTwin } from './snappy-twin.ts'
import { snappyWasmText } from './wasm-text.ts'

/** Compiled once a thread; each codec is an instance of it. */
const choice = chooseKernel(snappyWasmText, compileSnappy)

/** Whether codecs run in WebAssembly; else the twin does the work, several times slower. */
export const snappyKernelIsActive = choice.kernel !== undefined

/** Why not; empty where they do. */
export const snappyKernelReason = choice.reason

/** A codec for one consumer. */
export function createSnappyCodec(): SnappyCodec {
  return choice.kernel === undefined ? snappyTwin : new SnappyKernel(choice.kernel)
}
