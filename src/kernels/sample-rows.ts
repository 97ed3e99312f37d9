import { chooseKernel } from './kernel-choice.ts'
import { SampleRowKernel } from './sample-row-kernel.ts'
import { sampleRowsWasmText } from './wasm-text.ts'

const choice = chooseKernel(sampleRowsWasmText, (text) => new SampleRowKernel(text))

/**
 * Rows of the log's records of samples for all readers of this thread; undefined where it cannot run,
 * and the twin tsdb/wal/sample-rows.ts does the work.
 */
export const sampleRowKernel = choice.kernel

/** Why there is no kernel; empty where there is. */
export const sampleRowKernelReason = choice.reason
