/** Of `vm.compileFunction`: whether V8 took the compiled code; undefined where there was none to take. */
export type CompiledFunction = ((...parameters: unknown[]) => unknown) & {
  readonly cachedDataRejected?: boolean
}
export declare function compiledFunction(path: string, compiledPath: string): CompiledFunction
export declare function compiledBytes(path: string): Buffer
