import type { Script } from 'node:vm'

/** Its script says whether V8 took the compiled code; undefined where there was none to take. */
export type CompiledFunction = ((...parameters: unknown[]) => unknown) & {
  readonly script: Script
}
export declare function compiledFunction(path: string, compiledPath: string): CompiledFunction
export declare function compiledBytes(path: string, run: CompiledFunction): Buffer
