import { AssertionError } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { instantiate } from './instantiate.ts'
import { type SnappyBlock, type SnappyCodec, wholeBlock } from './snappy-codec.ts'
import { checkElements, readHeader, type SnappyHeader } from './snappy-twin.ts'

/** What assembly/snappy.ts exports; places are bytes of its memory. */
interface SnappyModule {
  readonly memory: WebAssembly.Memory
  compress(source: number, length: number, target: number): number
  uncompress(source: number, sourceEnd: number, target: number, targetEnd: number): number
}

const pageBytes = 65_536
/** The module's own tables lie before it. */
const inputStart = 65_536
/** Behind input and output: how far loads and stores may reach. */
const slackBytes = 64
const headerBytesMax = 5
/** Three bytes make 64 at most, one makes one: no block makes more of a byte. */
const expansionMax = 22
/** After so many calls in a row that needed little, memory for large ones is given back. */
const smallCallsMax = 64

/** Throws where this machine cannot run the module. */
export function compileSnappy(base64: string): WebAssembly.Module {
  const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
  instantiate(compiled, isSnappyModule, 'snappy')
  return compiled
}

/** The codec in WebAssembly, with a memory of its own that calls use again. */
export class SnappyKernel implements SnappyCodec {
  readonly #compiled: WebAssembly.Module
  #module: SnappyModule | undefined
  #bytes = new Uint8Array(0)
  #smallCalls = 0

  constructor(compiled: WebAssembly.Module) {
    this.#compiled = compiled
  }

  /** What it holds on to now. */
  get memoryBytes(): number {
    return this.#bytes.length
  }

  compress(bytes: Uint8Array): Uint8Array {
    const { length } = bytes
    const target = targetOf(length)
    // Literals take at most three bytes for each 60; what else is found makes it shorter.
    const module = this.#reserve(target + headerBytesMax + length + Math.ceil(length / 6) + 32)
    this.#bytes.set(bytes, inputStart)
    const start = this.#writeLength(length, target)
    const end = module.compress(inputStart, length, start)
    return this.#bytes.subarray(target, end)
  }

  uncompress(block: SnappyBlock, lengthMax: number): Uint8Array {
    const header = readHeader(headOf(block), lengthMax)
    const { start, length } = header
    const blockBytes = lengthOf(block)
    // No memory is taken for what cannot be true.
    if (length > (blockBytes - start) * expansionMax) return refuse(block, header)
    const target = targetOf(blockBytes)
    const module = this.#reserve(target + length)
    this.#put(block)
    const sourceEnd = inputStart + blockBytes
    const isWhole = module.uncompress(inputStart + start, sourceEnd, target, target + length)
    if (isWhole === 0) return refuse(block, header)
    return this.#bytes.subarray(target, target + length)
  }

  #put(block: SnappyBlock): void {
    let at = inputStart
    for (const piece of piecesOf(block)) {
      this.#bytes.set(piece, at)
      at += piece.length
    }
  }

  #writeLength(length: number, at: number): number {
    let end = at
    let rest = length
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[end++] = (rest % 0x80) | 0x80
    this.#bytes[end++] = rest
    return end
  }

  /** The module with memory up to `end` and behind it. */
  #reserve(end: number): SnappyModule {
    const needed = end + slackBytes
    const isSmall = needed <= limits.kernelMemoryKeptBytes
    this.#smallCalls = isSmall ? this.#smallCalls + 1 : 0
    const isTooLarge = this.#bytes.length > limits.kernelMemoryKeptBytes
    if (isTooLarge && this.#smallCalls >= smallCallsMax) this.#module = undefined
    let module = this.#module
    if (module === undefined) {
      module = instantiate(this.#compiled, isSnappyModule, 'snappy')
      this.#module = module
      this.#bytes = new Uint8Array(module.memory.buffer)
    }
    if (needed <= this.#bytes.length) return module
    module.memory.grow(Math.ceil((needed - this.#bytes.length) / pageBytes))
    this.#bytes = new Uint8Array(module.memory.buffer)
    return module
  }
}

function targetOf(inputBytes: number): number {
  return Math.ceil((inputStart + inputBytes + slackBytes) / 16) * 16
}

function piecesOf(block: SnappyBlock): readonly Uint8Array[] {
  return block instanceof Uint8Array ? [block] : block
}

function lengthOf(block: SnappyBlock): number {
  return piecesOf(block).reduce((sum, piece) => sum + piece.length, 0)
}

/** What the header is in, with or without more. */
function headOf(block: SnappyBlock): Uint8Array {
  if (block instanceof Uint8Array) return block
  const [first] = block
  return first !== undefined && first.length >= headerBytesMax ? first : wholeBlock(block)
}

/** The twin says what is wrong. */
function refuse(block: SnappyBlock, header: SnappyHeader): never {
  checkElements(wholeBlock(block), header)
  throw new AssertionError('the snappy kernel refused a block that is whole')
}

function isSnappyModule(exports: unknown): exports is SnappyModule {
  return typeof exports === 'object' && exports !== null && 'uncompress' in exports
}
