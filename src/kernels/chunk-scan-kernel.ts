import { instantiate } from './instantiate.ts'

/** What assembly/chunk-scan.ts exports; places are bytes of its memory. */
interface ChunkScanModule {
  readonly memory: WebAssembly.Memory
  init(): void
  scan(start: number, end: number, rows: number): number
  stop(): number
}

/** Of a file: what is scanned at once. */
export const scanBytesMax = 1 << 20
/** A record with the least data. */
const recordBytesMin = 32
const rowBytes = 32
const pageBytes = 65_536
/** The module's own tables lie before it. */
const rowsStart = 32_768
const inputStart = rowsStart + (scanBytesMax / recordBytesMin) * rowBytes
/** Behind the input: how far loads may reach. */
const slackBytes = 64

/** Throws where this machine cannot run the module. */
export function compileChunkScan(base64: string): WebAssembly.Module {
  const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
  instantiate(compiled, isChunkScanModule, 'chunk scans')
  return compiled
}

/** Checks the records of head chunk files in WebAssembly, a piece at a time; its memory is its own. */
export class ChunkScanKernel {
  readonly #module: ChunkScanModule
  readonly #doubles: Float64Array
  readonly #words: Uint32Array
  /** Room for a piece. */
  readonly input: Uint8Array
  /** How many bytes the records have that the last scan took. */
  taken = 0

  constructor(compiled: WebAssembly.Module) {
    const module = instantiate(compiled, isChunkScanModule, 'chunk scans')
    module.init()
    const { memory } = module
    const missing = inputStart + scanBytesMax + slackBytes - memory.buffer.byteLength
    memory.grow(Math.ceil(missing / pageBytes))
    this.#module = module
    this.#doubles = new Float64Array(memory.buffer, rowsStart)
    this.#words = new Uint32Array(memory.buffer, rowsStart)
    this.input = new Uint8Array(memory.buffer, inputStart, scanBytesMax)
  }

  /** Scans so many bytes of the input; answers of how many records there are rows. */
  scan(length: number): number {
    const rows = this.#module.scan(inputStart, inputStart + length, rowsStart)
    this.taken = this.#module.stop() - inputStart
    return rows
  }

  ref(row: number): number {
    return this.#doubles[row * 4] ?? 0
  }

  minTimeMs(row: number): number {
    return this.#doubles[row * 4 + 1] ?? 0
  }

  maxTimeMs(row: number): number {
    return this.#doubles[row * 4 + 2] ?? 0
  }

  /** In the piece. */
  place(row: number): number {
    return this.#words[row * 8 + 6] ?? 0
  }

  /** With its flags. */
  encoding(row: number): number {
    return (this.#words[row * 8 + 7] ?? 0) >>> 16
  }

  /** The first two bytes of the chunk's data. */
  countField(row: number): number {
    return (this.#words[row * 8 + 7] ?? 0) & 0xffff
  }
}

function isChunkScanModule(exports: unknown): exports is ChunkScanModule {
  return typeof exports === 'object' && exports !== null && 'scan' in exports
}
