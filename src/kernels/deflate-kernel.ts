import { assert } from '../base/assert.ts'
import { instantiate } from './instantiate.ts'

/** What assembly/deflate.ts exports; places are bytes of its memory. */
interface DeflateModule {
  readonly memory: WebAssembly.Memory
  init(): void
  deflate(source: number, end: number, target: number, isLast: number): number
}

/** What is compressed at once at most: its memory stays. */
export const deflateBytesMax = 262_144

const pageBytes = 65_536
/** The module's own tables, and what it notes of a block, lie before it. */
const inputStart = 163_840
/** Behind the input: how far loads may reach. */
const slackBytes = 320
/** Of a block's head, and what stands behind the last block. */
const headBytesMax = 1_024
const blockBytes = 65_536

/** Compresses text as zlib's fastest level does, in WebAssembly in a quarter of the time. */
export class DeflateKernel {
  readonly #module: DeflateModule
  #bytes: Uint8Array

  /** Throws where this machine cannot run the module. */
  constructor(base64: string) {
    const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
    const exports = instantiate(compiled, isDeflateModule, 'deflate')
    this.#module = exports
    exports.init()
    this.#bytes = new Uint8Array(exports.memory.buffer)
  }

  /**
   * A DEFLATE stream of the bytes, or a part of one that ends at a whole byte where they are not the
   * last: a view that is valid until the next call.
   */
  deflate(bytes: Uint8Array, isLast: boolean): Uint8Array {
    const { length } = bytes
    assert(length <= deflateBytesMax, `${length} bytes at once, limit ${deflateBytesMax}`)
    const inputEnd = inputStart + length
    const target = Math.ceil((inputEnd + slackBytes) / 16) * 16
    // No literal takes more than twelve bits, and a match less than what it stands for.
    const heads = headBytesMax * (1 + Math.ceil(length / blockBytes))
    this.#reserve(target + Math.ceil(length * 1.5) + heads)
    this.#bytes.set(bytes, inputStart)
    const end = this.#module.deflate(inputStart, inputEnd, target, isLast ? 1 : 0)
    return this.#bytes.subarray(target, end)
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return
    const { memory } = this.#module
    memory.grow(Math.ceil((end - this.#bytes.length) / pageBytes))
    this.#bytes = new Uint8Array(memory.buffer)
  }
}

function isDeflateModule(exports: unknown): exports is DeflateModule {
  return typeof exports === 'object' && exports !== null && 'deflate' in exports
}
