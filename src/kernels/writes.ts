import { randomFillSync } from 'node:crypto'
import { chooseKernel } from './kernel-choice.ts'
import { writesWasmText } from './wasm-text.ts'
import { WriteKernel } from './write-kernel.ts'

const choice = chooseKernel(
  writesWasmText,
  (text) => new WebAssembly.Module(Buffer.from(text, 'base64')),
)

/** Whether remote-write bodies are decoded in WebAssembly; else wire/write-request.ts does it. */
export const writeKernelIsActive = choice.kernel !== undefined

/** Why not; empty where they are. */
export const writeKernelReason = choice.reason

/** A kernel for one receiver that knows so many series at most; undefined where it cannot run. */
export function createWriteKernel(entriesMax: number): WriteKernel | undefined {
  if (choice.kernel === undefined) return undefined
  return new WriteKernel(choice.kernel, randomFillSync(new Uint32Array(4)), entriesMax)
}
