import { instantiate } from './instantiate.ts'

/** What assembly/chunks.ts exports; places are bytes of its memory. */
interface ChunkModule {
  readonly memory: WebAssembly.Memory
  init(): void
  checksum(start: number, end: number): number
  decode(
    start: number,
    end: number,
    samples: number,
    minMs: number,
    maxMs: number,
    times: number,
    values: number,
  ): number
  histograms(
    startBit: number,
    end: number,
    samples: number,
    positive: number,
    buckets: number,
    rows: number,
  ): number
}

/** Doubles of a row of a histogram before those of its buckets: time, count, zero count, sum. */
export const histogramRowHead = 4

/** Columns that samples are decoded into: values as halves, low half of sample i at 2i. */
export interface DecodedColumns {
  readonly timestampsMs: Float64Array
  readonly halves: Uint32Array
}

const pageBytes = 65_536
/** The module's own tables lie before it. */
const shortStart = 32_768
/** What is decoded of so many samples stands at one place, of which views are kept. */
const shortSamplesMax = 128
const inputStart = shortStart + shortSamplesMax * 16
/** Behind the input: how far loads may reach. */
const slackBytes = 64
/** More are copied by `set`, for which a view is made. Of shared memory it copies a word at a time. */
const bytesByLoopMax = 256
const sharedBytesByLoopMax = 1_024
/** Fewer are copied sooner in a loop. */
const samplesByLoopMax = 24

/** CRC-32C, and decoding of XOR chunks and of integer histograms, in WebAssembly; its memory holds one chunk and what is decoded of it. */
export class ChunkKernel {
  readonly #module: ChunkModule
  #bytes: Uint8Array
  #doubles: Float64Array
  #words: Uint32Array
  /** Of so many samples that were decoded to where short chunks are. */
  #shortTimes: Float64Array[] = []
  #shortHalves: Uint32Array[] = []
  /** Of what view, and of which bytes of it, the input is a copy that was summed: see checksumView. */
  #summed: DataView | undefined
  #summedStart = 0
  #summedEnd = 0

  /** Throws where this machine cannot run the module. */
  constructor(base64: string) {
    const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
    const exports = instantiate(compiled, isChunkModule, 'chunks')
    this.#module = exports
    exports.init()
    const { buffer } = exports.memory
    this.#bytes = new Uint8Array(buffer)
    this.#doubles = new Float64Array(buffer)
    this.#words = new Uint32Array(buffer)
  }

  /** CRC-32C of bytes[start .. end). */
  checksum(bytes: Uint8Array, start: number, end: number): number {
    const target = this.#place(bytes, start, end)
    return this.#module.checksum(inputStart, target) >>> 0
  }

  /**
   * The same of [start .. end) of a view, behind which three more bytes can be read. Who decodes some
   * of them next, by decodeView, decodes the very bytes that were summed.
   */
  checksumView(view: DataView, start: number, end: number): number {
    const inputEnd = this.#placeView(view, start, end - start)
    this.#summed = view
    this.#summedStart = start
    this.#summedEnd = end
    return this.#module.checksum(inputStart, inputEnd) >>> 0
  }

  /**
   * Decodes the samples with minTimeMs <= t <= maxTimeMs of an XOR chunk whose bits, from behind the
   * sample count on, stand in bytes[start .. end). Writes them from `index` on, where there is room
   * for `samples` more, and answers the index behind the last one; -1 where the chunk is damaged.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    samples: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: DecodedColumns,
    index: number,
  ): number {
    const inputEnd = this.#place(bytes, start, end)
    return this.#decode(inputStart, inputEnd, samples, minTimeMs, maxTimeMs, into, index)
  }

  /**
   * The same of bits that stand in `length` bytes of a view, behind which three more can be read.
   * Chunks are short: a view of an array for each would take longer than the rest, and be garbage.
   */
  decodeView(
    view: DataView,
    start: number,
    length: number,
    samples: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: DecodedColumns,
    index: number,
  ): number {
    const summedStart = this.#summedPlace(view, start, length)
    const from = summedStart ?? inputStart
    const inputEnd =
      summedStart === undefined ? this.#placeView(view, start, length) : summedStart + length
    // What is decoded is written behind them, over the others.
    this.#summed = undefined
    return this.#decode(from, inputEnd, samples, minTimeMs, maxTimeMs, into, index)
  }

  #decode(
    from: number,
    inputEnd: number,
    samples: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: DecodedColumns,
    index: number,
  ): number {
    const isShort = samples <= shortSamplesMax
    const times = isShort ? shortStart / 8 : Math.ceil((inputEnd + slackBytes) / 8)
    const values = times + (isShort ? shortSamplesMax : samples)
    if (!isShort) this.#reserve((values + samples) * 8)
    const count = this.#module.decode(
      from,
      inputEnd,
      samples,
      minTimeMs,
      maxTimeMs,
      times * 8,
      values * 8,
    )
    if (count <= 0) return count < 0 ? count : index
    if (count < samplesByLoopMax) this.#copyByLoop(times, values, count, into, index)
    else if (isShort) this.#copyShort(count, into, index)
    else {
      into.timestampsMs.set(this.#doubles.subarray(times, times + count), index)
      into.halves.set(this.#words.subarray(values * 2, (values + count) * 2), index * 2)
    }
    return index + count
  }

  #copyShort(count: number, { timestampsMs, halves }: DecodedColumns, index: number): void {
    const [from, words] = [shortStart / 8, shortStart / 4 + shortSamplesMax * 2]
    this.#shortTimes[count] ??= this.#doubles.subarray(from, from + count)
    this.#shortHalves[count] ??= this.#words.subarray(words, words + count * 2)
    timestampsMs.set(this.#shortTimes[count] ?? noDoubles, index)
    halves.set(this.#shortHalves[count] ?? noWords, index * 2)
  }

  #copyByLoop(
    times: number,
    values: number,
    count: number,
    { timestampsMs, halves }: DecodedColumns,
    index: number,
  ): void {
    const [doubles, words] = [this.#doubles, this.#words]
    for (let at = 0; at < count; at++) timestampsMs[index + at] = doubles[times + at] ?? 0
    for (let at = 0; at < count * 2; at++) halves[index * 2 + at] = words[values * 2 + at] ?? 0
  }

  /**
   * The samples of a chunk of integer histograms whose first one begins at `startBit` of the bytes,
   * in rows of histogramRowHead doubles and one a bucket: a view that is valid until the next call.
   * Undefined where the twin has to look.
   */
  histograms(
    bytes: Uint8Array,
    startBit: number,
    samples: number,
    positive: number,
    buckets: number,
  ): Float64Array | undefined {
    const inputEnd = this.#place(bytes, 0, bytes.length)
    const rows = Math.ceil((inputEnd + slackBytes) / 8)
    const rowsEnd = rows + samples * (histogramRowHead + buckets)
    this.#reserve((rowsEnd + buckets * 2) * 8)
    const start = inputStart * 8 + startBit
    const count = this.#module.histograms(start, inputEnd, samples, positive, buckets, rows * 8)
    return count === samples ? this.#doubles.subarray(rows, rowsEnd) : undefined
  }

  /** Where bytes of a view stand in the input, if they were summed just now. */
  #summedPlace(view: DataView, start: number, length: number): number | undefined {
    const isThere =
      view === this.#summed && start >= this.#summedStart && start + length <= this.#summedEnd
    return isThere ? inputStart + start - this.#summedStart : undefined
  }

  /** Copies bytes to where input stands; answers its end. */
  #place(bytes: Uint8Array, start: number, end: number): number {
    this.#summed = undefined
    const inputEnd = inputStart + end - start
    this.#reserve(inputEnd + slackBytes)
    this.#bytes.set(bytes.subarray(start, end), inputStart)
    return inputEnd
  }

  #placeView(view: DataView, start: number, length: number): number {
    this.#summed = undefined
    const inputEnd = inputStart + length
    this.#reserve(inputEnd + slackBytes)
    if (length > bytesByLoopMax && (length > sharedBytesByLoopMax || !isShared(view))) {
      this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + start, length), inputStart)
      return inputEnd
    }
    const words = this.#words
    for (let at = 0; at < length; at += 4) {
      words[(inputStart + at) >>> 2] = view.getUint32(start + at, true)
    }
    return inputEnd
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return
    const { memory } = this.#module
    memory.grow(Math.ceil((end - this.#bytes.length) / pageBytes))
    this.#bytes = new Uint8Array(memory.buffer)
    this.#doubles = new Float64Array(memory.buffer)
    this.#words = new Uint32Array(memory.buffer)
    this.#shortTimes = []
    this.#shortHalves = []
  }
}

const noDoubles = new Float64Array(0)
const noWords = new Uint32Array(0)

function isShared({ buffer }: DataView): boolean {
  return buffer instanceof SharedArrayBuffer
}

function isChunkModule(exports: unknown): exports is ChunkModule {
  return typeof exports === 'object' && exports !== null && 'checksum' in exports
}
