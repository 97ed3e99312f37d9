import { instantiate } from './instantiate.ts'

/** What assembly/sample-rows.ts exports; places are bytes of its memory. */
interface SampleRowModule {
  readonly memory: WebAssembly.Memory
  rows(start: number, end: number, refs: number, times: number, values: number): number
}

/** Two varints of at least one byte and eight bytes of value. */
const rowBytesMin = 10
/** Three doubles in the columns. */
const columnBytes = 24
const pageBytes = 65_536
/** The module's own memory lies before it. */
const columnsStart = 1_024
/** Behind the record: how far loads may reach. */
const slackBytes = 64
/** Below it a copy and a call cost more than they save. */
const recordBytesMin = 64
/** Longer records would stay in the kernel's memory, with more than twice as much for their columns. */
const recordBytesMax = 1 << 20

/** Decodes rows of samples in WebAssembly; its memory holds one record and its columns. */
export class SampleRowKernel {
  readonly #module: SampleRowModule
  #bytes = new Uint8Array(0)
  #inputStart = columnsStart
  #rowsMax = 0
  /** Of the record that was decoded last, until the next one is; valid up to its count. */
  refs = new Float64Array(0)
  timestampsMs = new Float64Array(0)
  /** Of the values, low half of row i at 2i. */
  halves = new Uint32Array(0)

  /** Throws where this machine cannot run the module. */
  constructor(base64: string) {
    const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
    const exports = instantiate(compiled, isSampleRowModule, 'sample rows')
    this.#module = exports
    this.#reserve(4_096)
  }

  /** Fills the columns; answers how many rows there are, -1 where the twin has to look. */
  decode(record: Uint8Array): number {
    const { length } = record
    if (length < recordBytesMin || length > recordBytesMax) return -1
    const rowsMax = Math.ceil(length / rowBytesMin)
    if (rowsMax > this.#rowsMax) this.#reserve(2 ** Math.ceil(Math.log2(rowsMax)))
    const start = this.#inputStart
    this.#bytes.set(record, start)
    const { byteOffset: refs } = this.refs
    const { byteOffset: times } = this.timestampsMs
    return this.#module.rows(start, start + length, refs, times, this.halves.byteOffset)
  }

  /** Room for so many rows, and for a record that has no more. */
  #reserve(rowsMax: number): void {
    const { memory } = this.#module
    const inputStart = columnsStart + rowsMax * columnBytes
    const missing = inputStart + rowsMax * rowBytesMin + slackBytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
    const { buffer } = memory
    const columnAt = (place: number) => columnsStart + place * rowsMax * 8
    this.#bytes = new Uint8Array(buffer)
    this.refs = new Float64Array(buffer, columnAt(0), rowsMax)
    this.timestampsMs = new Float64Array(buffer, columnAt(1), rowsMax)
    this.halves = new Uint32Array(buffer, columnAt(2), rowsMax * 2)
    this.#inputStart = inputStart
    this.#rowsMax = rowsMax
  }
}

function isSampleRowModule(exports: unknown): exports is SampleRowModule {
  return typeof exports === 'object' && exports !== null && 'rows' in exports
}
