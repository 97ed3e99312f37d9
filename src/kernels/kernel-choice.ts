import { messageOf } from '../base/errors.ts'

/** What there is of a kernel in this thread; without one its twin does the work. */
export interface KernelChoice<T> {
  readonly kernel: T | undefined
  /** Why there is none; empty where there is. */
  readonly reason: string
}

/** Makes a kernel of its compiled module, where the build put that in and this machine runs it. */
export function chooseKernel<T>(
  text: string | undefined,
  make: (base64: string) => T,
): KernelChoice<T> {
  if (text === undefined) return { kernel: undefined, reason: 'it is not built in' }
  try {
    return { kernel: make(text), reason: '' }
  } catch (thrown) {
    // No SIMD, or a runtime that may not compile.
    return { kernel: undefined, reason: messageOf(thrown) }
  }
}
