import { messageOf } from '../base/errors.ts'
import type { SnappyCodec } from './snappy-codec.ts'
import { compileSnappy, SnappyKernel } from './snappy-kernel.ts'
import { snappyTwin } from './snappy-twin.ts'
import { snappyWasmText } from './wasm-text.ts'

interface Choice {
  readonly compiled: WebAssembly.Module | undefined
  readonly reason: string
}

/** Compiled once a thread; each codec is an instance of it. */
const choice = choose(snappyWasmText)

/** Whether codecs run in WebAssembly; else the twin does the work, several times slower. */
export const snappyKernelIsActive = choice.compiled !== undefined

/** Why not; empty where they do. */
export const snappyKernelReason = choice.reason

/** A codec for one consumer. */
export function createSnappyCodec(): SnappyCodec {
  return choice.compiled === undefined ? snappyTwin : new SnappyKernel(choice.compiled)
}

function choose(text: string | undefined): Choice {
  if (text === undefined) return { compiled: undefined, reason: 'it is not built in' }
  try {
    return { compiled: compileSnappy(text), reason: '' }
  } catch (thrown) {
    // No SIMD, or a runtime that may not compile.
    return { compiled: undefined, reason: messageOf(thrown) }
  }
}
