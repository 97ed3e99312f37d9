import { assert } from '../base/assert.ts'
import { instantiate } from './instantiate.ts'

/** What assembly/float-text.ts exports; places are bytes of its memory. */
interface FloatTextModule {
  readonly memory: WebAssembly.Memory
  init(): void
  points(times: number, values: number, count: number, out: number): number
}

/** How many points the kernel takes at once. */
export const kernelPointsMax = 1024

/** The module's own tables lie before it. */
const timesStart = 16_384
const valuesStart = timesStart + kernelPointsMax * 8
const outStart = valuesStart + kernelPointsMax * 8

/** Writes samples of JSON answers in WebAssembly; its memory holds the points of one call. */
export class FloatTextKernel {
  /** Of the points to be written: whole milliseconds, and values. */
  readonly timesMs: Float64Array
  readonly values: Float64Array
  readonly #module: FloatTextModule
  readonly #bytes: Uint8Array

  /** Throws where this machine cannot run the module. */
  constructor(base64: string) {
    const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
    const exports = instantiate(compiled, isFloatTextModule, 'float texts')
    this.#module = exports
    exports.init()
    const { buffer } = exports.memory
    this.#bytes = new Uint8Array(buffer)
    this.timesMs = new Float64Array(buffer, timesStart, kernelPointsMax)
    this.values = new Float64Array(buffer, valuesStart, kernelPointsMax)
  }

  /** The first `count` points as `[seconds,"value"],...`: a view that is valid until the next call. */
  points(count: number): Uint8Array {
    assert(count <= kernelPointsMax, `${count} points at once, limit ${kernelPointsMax}`)
    const end = this.#module.points(timesStart, valuesStart, count, outStart)
    return this.#bytes.subarray(outStart, end)
  }
}

function isFloatTextModule(exports: unknown): exports is FloatTextModule {
  return typeof exports === 'object' && exports !== null && 'points' in exports
}
