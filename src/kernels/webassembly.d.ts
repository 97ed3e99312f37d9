/** What we use of it: the types of Node leave it to those of browsers. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    /** Pages of 64 KiB. */
    constructor(descriptor: { readonly initial: number })
    readonly buffer: ArrayBuffer
    /** By pages of 64 KiB; what `buffer` was before is detached. Throws RangeError. */
    grow(pages: number): number
  }
  class Instance {
    constructor(module: Module)
    readonly exports: unknown
  }
}
