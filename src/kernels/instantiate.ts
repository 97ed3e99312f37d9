import { assert } from '../base/assert.ts'

/** What a module of ours exports, looked at once; `what` it is for, in an error. */
export function instantiate<T>(
  compiled: WebAssembly.Module,
  isExports: (exports: unknown) => exports is T,
  what: string,
): T {
  const { exports } = new WebAssembly.Instance(compiled)
  assert(isExports(exports), `the module of ${what} exports something else`)
  return exports
}
