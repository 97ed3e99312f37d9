import { FloatTextKernel } from './float-text-kernel.ts'
import { chooseKernel } from './kernel-choice.ts'
import { floatTextWasmText } from './wasm-text.ts'

const choice = chooseKernel(floatTextWasmText, (text) => new FloatTextKernel(text))

/**
 * Samples of JSON answers for the queries of this thread; undefined where it cannot run, and the
 * twin promql/encode/float-bytes.ts does the work.
 */
export const floatTextKernel = choice.kernel

/** Why there is no kernel; empty where there is. */
export const floatTextKernelReason = choice.reason
