import { randomFillSync } from 'node:crypto'
import { chooseKernel } from './kernel-choice.ts'
import { writesWasmText } from './wasm-text.ts'
import { WriteKernel, writeKeyBytes } from './write-kernel.ts'
import { WriteV2Kernel } from './write-v2-kernel.ts'

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
  return new WriteKernel(choice.kernel, randomFillSync(new Uint8Array(writeKeyBytes)), entriesMax)
}

/** The same for version 2. */
export function createWriteV2Kernel(entriesMax: number): WriteV2Kernel | undefined {
  if (choice.kernel === undefined) return undefined
  return new WriteV2Kernel(choice.kernel, randomFillSync(new Uint8Array(writeKeyBytes)), entriesMax)
}
