import { instantiate } from './instantiate.ts'

/** What assembly/sample-rows.ts exports; places are bytes of its memory. */
interface SampleRowModule {
  readonly memory: WebAssembly.Memory
  rows(
    start: number,
    end: number,
    refs: number,
    times: number,
    values: number,
    covered: number,
    coveredCount: number,
    coveredRef: number,
    coveredMs: number,
  ): number
  lowest(): number
  highest(): number
  outside(): number
}

/** By ref from the first one on, before how many whole seconds behind a time rows are not asked for; 0 = all are. */
export interface CoveredRefs {
  readonly firstRef: number
  readonly firstTimeMs: number
  readonly seconds: Int32Array
}

/** Two varints of at least one byte and eight bytes of value. */
const rowBytesMin = 10
/** So many for each row may be looked up before it is known which of them it has. */
const refsPerRowMax = 2
/** Three doubles in the columns, and a word of covered times for each ref that may be looked up. */
const columnBytes = 24 + refsPerRowMax * 4
const pageBytes = 65_536
/** The module's own memory lies before it. */
const columnsStart = 1_024
/** Behind the record: how far loads may reach. */
const slackBytes = 64
/** Below it a copy and a call cost more than they save. */
const recordBytesMin = 64
/** Refs and times up to it are whole doubles, with what rows add to them. */
const nearMax = 2 ** 52
/** Longer records would stay in the kernel's memory, with more than twice as much for their columns. */
const recordBytesMax = 1 << 20

/** Decodes rows of samples in WebAssembly; its memory holds one record and its columns. */
export class SampleRowKernel {
  readonly #module: SampleRowModule
  #bytes = new Uint8Array(0)
  #inputStart = columnsStart
  #rowsMax = 0
  #covered = new Int32Array(0)
  /** How far the refs of the last record lay from its first one's: so those of the next one will. */
  #lowest = 0
  #highest = 0
  /** Whether the record that was decoded last has rows whose ref was not looked up. */
  hasUnknown = false
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

  /**
   * Fills the columns with the rows that are not covered; answers how many they are, -1 where the
   * twin has to look.
   */
  decode(record: Uint8Array, covered?: CoveredRefs): number {
    const { length } = record
    if (length < recordBytesMin || length > recordBytesMax) return -1
    const rowsMax = Math.ceil(length / rowBytesMin)
    if (rowsMax > this.#rowsMax) this.#reserve(2 ** Math.ceil(Math.log2(rowsMax)))
    const start = this.#inputStart
    this.#bytes.set(record, start)
    const firstRef = firstRefOf(record)
    const from = firstRef + this.#lowest
    const span = this.#highest - this.#lowest + 1
    // Refs from far and wide are looked up by whoever reads the rows.
    const isNear = span <= rowsMax * refsPerRowMax && firstRef < nearMax
    const known = covered === undefined || !isNear ? 0 : this.#look(covered, from, span)
    const count = this.#module.rows(
      start,
      start + length,
      this.refs.byteOffset,
      this.timestampsMs.byteOffset,
      this.halves.byteOffset,
      this.#covered.byteOffset,
      known,
      from,
      known > 0 ? (covered?.firstTimeMs ?? 0) : 0,
    )
    if (count < 0) return count
    this.#lowest = this.#module.lowest()
    this.#highest = this.#module.highest()
    this.hasUnknown = this.#module.outside() !== 0
    return count
  }

  /** Takes over what is known of so many refs from `from` on; answers of how many. */
  #look({ firstRef, firstTimeMs, seconds }: CoveredRefs, from: number, span: number): number {
    if (!(Math.abs(firstTimeMs) < nearMax)) return 0
    const words = this.#covered
    const shift = from - firstRef
    // Word by word: another thread writes them, and each is read as a whole.
    for (let at = 0; at < span; at++) words[at] = seconds[at + shift] ?? 0
    return span
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
    this.#covered = new Int32Array(buffer, columnAt(3), rowsMax * refsPerRowMax)
    this.#inputStart = inputStart
    this.#rowsMax = rowsMax
  }
}

function firstRefOf(record: Uint8Array): number {
  const view = new DataView(record.buffer, record.byteOffset, record.length)
  return view.getInt32(1) * 2 ** 32 + view.getUint32(5)
}

function isSampleRowModule(exports: unknown): exports is SampleRowModule {
  return typeof exports === 'object' && exports !== null && 'rows' in exports
}
