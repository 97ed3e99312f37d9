import { compileExposition, ExpositionKernel } from './exposition-kernel.ts'
import { ExpositionTwin } from './exposition-twin.ts'
import { chooseKernel } from './kernel-choice.ts'
import type { PageScanner } from './known-lines.ts'
import { expositionWasmText } from './wasm-text.ts'

const choice = chooseKernel(expositionWasmText, compileExposition)

/** Whether known lines are read in WebAssembly; else the twin does the work, several times slower. */
export const expositionKernelIsActive = choice.kernel !== undefined

/** One for all targets; what is known of their lines must stay with it, for its hash is keyed. */
export function createPageScanner(): PageScanner {
  return choice.kernel === undefined ? new ExpositionTwin() : new ExpositionKernel(choice.kernel)
}
