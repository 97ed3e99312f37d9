import { PagedNumbers } from '../../base/paged-numbers.ts'
import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { noEntry } from '../../base/shared-hash-table.ts'
import { lineDoubles, lineWord } from '../chunk/xor-line.ts'

/** Words of a label set's run in the arena: name id and value id of each pair. */
const labelArenaEntries = 1 << 20
const lineSegmentShift = 14
const linesPerSegment = 1 << lineSegmentShift

/** The number of birth of an id that no series has. */
export const neverBorn = 0xffffffff

/** Columns of a series: its label set, its ref, and the 64-byte line of its open chunk. */
export class SeriesColumns {
  readonly labelStart: SharedColumn<'uint32'>
  readonly labelCount: SharedColumn<'uint32'>
  readonly labels: SharedColumn<'uint32'>
  readonly ref: SharedColumn<'float64'>
  /** How many series were made before it; `neverBorn` once it is gone. */
  readonly born: SharedColumn<'uint32'>
  /** Timestamp of the oldest sample in the head. */
  readonly oldestMs: SharedColumn<'float64'>
  readonly line: SharedColumn<'float64'>
  readonly #words: Uint32Array[] = []

  constructor(columns: SharedColumns) {
    this.labelStart = columns.column('uint32', 1 << 16)
    this.labelCount = columns.column('uint32', 1 << 16)
    this.labels = columns.column('uint32', labelArenaEntries)
    this.ref = columns.column('float64', 1 << 16)
    this.born = columns.column('uint32', 1 << 16)
    this.oldestMs = columns.column('float64', 1 << 16)
    this.line = columns.column('float64', linesPerSegment * lineDoubles)
  }

  /** Writer: how many series there is room for. */
  reserved = 0

  /** Writer: makes room for so many series. */
  reserve(series: number): void {
    this.labelStart.reserve(series)
    this.labelCount.reserve(series)
    this.ref.reserve(series)
    this.born.reserve(series)
    this.oldestMs.reserve(series)
    const lineSegments = this.line.segments.length
    this.line.reserve(series * lineDoubles)
    // A page that is read before it is written is mapped twice, and all processors wait for the second.
    for (const segment of this.line.segments.slice(lineSegments)) segment.fill(0)
    this.reserved = this.line.segments.length * linesPerSegment
  }

  /** The segment with the line of a series, as doubles; the line begins at lineAt. */
  doubles(series: number): Float64Array {
    return this.line.segment(series >>> lineSegmentShift)
  }

  /** The same memory as 32-bit words; the line begins at 2 * lineAt. */
  words(series: number): Uint32Array {
    const segment = series >>> lineSegmentShift
    const known = this.#words[segment]
    if (known !== undefined) return known
    const words = new Uint32Array(this.line.segment(segment).buffer)
    this.#words[segment] = words
    return words
  }

  lineAt(series: number): number {
    return (series & (linesPerSegment - 1)) * lineDoubles
  }

  /** Number + 1 of the series' newest closed chunk; 0 = none. */
  chainOf(series: number): number {
    return this.words(series)[this.lineAt(series) * 2 + lineWord.chain] ?? 0
  }

  /** The value of a name in the series' label set, both as symbols; or noEntry. */
  valueOf(series: number, name: number): number {
    const start = this.labelStart.get(series)
    const segment = this.labels.segment(start >>> this.labels.shift)
    const from = start & this.labels.mask
    const end = from + this.labelCount.get(series) * 2
    for (let at = from; at < end; at += 2) if (segment[at] === name) return segment[at + 1] ?? 0
    return noEntry
  }

  /** The label set as name id, value id, ...: a view. */
  labelSet(series: number): Uint32Array {
    const start = this.labelStart.get(series)
    const segment = this.labels.segment(start >>> this.labels.shift)
    const from = start & this.labels.mask
    return segment.subarray(from, from + this.labelCount.get(series) * 2)
  }
}

/** Writer: room for the run of one label set, which never crosses a segment; answers its place. */
export class LabelArena {
  readonly #columns: SeriesColumns
  /** Starts of runs that are free, by their length. */
  readonly #free = new Map<number, PagedNumbers>()
  #end = 0

  constructor(columns: SeriesColumns) {
    this.#columns = columns
  }

  write(pairs: Uint32Array, length: number): number {
    const { labels } = this.#columns
    const start = this.#free.get(length)?.pop() ?? this.#next(length)
    const segment = labels.segment(start >>> labels.shift)
    const from = start & labels.mask
    // A run is short: a call of set() would cost more.
    for (let at = 0; at < length; at++) segment[from + at] = pairs[at] ?? 0
    return start
  }

  #next(length: number): number {
    const { labels } = this.#columns
    const left = labelArenaEntries - (this.#end & labels.mask)
    if (left < length) this.#end += left
    const start = this.#end
    this.#end += length
    labels.reserve(this.#end)
    return start
  }

  free(start: number, length: number): void {
    let free = this.#free.get(length)
    if (free === undefined) {
      free = new PagedNumbers()
      this.#free.set(length, free)
    }
    free.push(start)
  }
}
