import { crc32c } from '../../base/crc32c.ts'

/** Beside the log, one file for each segment: see FORMAT.md. */
export const recordIndexFolder = 'narthex.log-index'

/** Series and times of a record of samples. */
export interface RecordRows {
  readonly minTimeMs: number
  readonly maxTimeMs: number
  /** All series refs that it has and no others, as runs: the first and the last of each. */
  readonly runs: Float64Array
}

/** Where a record stands in its segment. */
export interface RecordPlace {
  /** Of its first fragment's header. */
  readonly start: number
  /** Behind its last fragment. */
  readonly end: number
  /** In its first fragment's header: whether the record is still the one that was indexed. */
  readonly checksum: number
}

/** Bytes of a frame before its entries: how many those have, and their checksum. */
export const frameHeadBytes = 8
/** Of an entry before its runs. */
export const entryHeadBytes = 32
export const runBytes = 16

/** What a segment's records of samples are about. What cannot be read of its file is not there. */
export class RecordIndex {
  /** Ascending. */
  readonly #starts: Float64Array
  readonly #ends: Float64Array
  readonly #checksums: Float64Array
  readonly #times: Float64Array
  readonly #runs: Float64Array
  /** By entry: where its runs begin; one more at the end. */
  readonly #runStarts: Uint32Array
  #count = 0

  constructor(bytes: Uint8Array) {
    const entriesMax = Math.floor(bytes.length / entryHeadBytes)
    this.#starts = new Float64Array(entriesMax)
    this.#ends = new Float64Array(entriesMax)
    this.#checksums = new Float64Array(entriesMax)
    this.#times = new Float64Array(entriesMax * 2)
    this.#runStarts = new Uint32Array(entriesMax + 1)
    this.#runs = new Float64Array(Math.floor(bytes.length / runBytes) * 2)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at + frameHeadBytes <= bytes.length; ) {
      const start = at + frameHeadBytes
      const end = start + view.getUint32(at, true)
      // Nothing of it is synced: whatever a power cut left behind is none.
      if (end > bytes.length || crc32c(bytes.subarray(start, end)) !== view.getUint32(at + 4, true))
        return
      for (let entry = start; entry < end; ) entry = this.#add(view, entry)
      at = end
    }
  }

  #add(view: DataView, at: number): number {
    const entry = this.#count++
    this.#starts[entry] = view.getUint32(at, true)
    this.#ends[entry] = view.getUint32(at + 4, true)
    this.#checksums[entry] = view.getUint32(at + 8, true)
    this.#times[entry * 2] = view.getFloat64(at + 16, true)
    this.#times[entry * 2 + 1] = view.getFloat64(at + 24, true)
    let run = this.#runStarts[entry] ?? 0
    const runsEnd = run + view.getUint32(at + 12, true)
    let from = at + entryHeadBytes
    for (; run < runsEnd; run++, from += runBytes) {
      this.#runs[run * 2] = view.getFloat64(from, true)
      this.#runs[run * 2 + 1] = view.getFloat64(from + 8, true)
    }
    this.#runStarts[entry + 1] = runsEnd
    return from
  }

  /** The newest time in the segment; -Infinity without entries. */
  get maxTimeMs(): number {
    let newestMs = Number.NEGATIVE_INFINITY
    for (let entry = 0; entry < this.#count; entry++) {
      newestMs = Math.max(newestMs, this.#times[entry * 2 + 1] ?? 0)
    }
    return newestMs
  }

  get count(): number {
    return this.#count
  }

  /** The first entry from `entry` on whose record begins at this place or behind it. */
  from(entry: number, start: number): number {
    let found = entry
    while (found < this.#count && (this.#starts[found] ?? 0) < start) found++
    return found
  }

  place(entry: number): RecordPlace {
    return {
      start: this.#starts[entry] ?? 0,
      end: this.#ends[entry] ?? 0,
      checksum: this.#checksums[entry] ?? 0,
    }
  }

  rows(entry: number): RecordRows {
    const { [entry]: start = 0, [entry + 1]: end = 0 } = this.#runStarts
    return {
      minTimeMs: this.#times[entry * 2] ?? 0,
      maxTimeMs: this.#times[entry * 2 + 1] ?? 0,
      runs: this.#runs.subarray(start * 2, end * 2),
    }
  }
}

/**
 * What the rows from `start` to `end` are about; undefined without rows, and where their refs make
 * more runs than that.
 */
export function rowsOf(
  refs: Float64Array,
  timestampsMs: Float64Array,
  start: number,
  end: number,
  runsMax: number,
): RecordRows | undefined {
  if (start === end) return undefined
  const runs: number[] = []
  let first = refs[start] ?? 0
  let last = first
  let minTimeMs = Number.POSITIVE_INFINITY
  let maxTimeMs = Number.NEGATIVE_INFINITY
  for (let row = start; row < end; row++) {
    const timeMs = timestampsMs[row] ?? 0
    if (timeMs < minTimeMs) minTimeMs = timeMs
    if (timeMs > maxTimeMs) maxTimeMs = timeMs
    const ref = refs[row] ?? 0
    if (ref === last) continue
    if (ref !== last + 1) {
      runs.push(first, last)
      if (runs.length >= runsMax * 2) return undefined
      first = ref
    }
    last = ref
  }
  runs.push(first, last)
  return { minTimeMs, maxTimeMs, runs: Float64Array.from(runs) }
}
