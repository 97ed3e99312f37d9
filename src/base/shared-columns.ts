import { assert } from './assert.ts'

/** What a column's segments are seen as, and how many bytes an entry takes. */
interface Kinds {
  readonly uint8: Uint8Array<SharedArrayBuffer>
  readonly uint32: Uint32Array<SharedArrayBuffer>
  readonly float64: Float64Array<SharedArrayBuffer>
}
const entryBytes = { uint8: 1, uint32: 4, float64: 8 } as const

export type ColumnKind = keyof Kinds
type SegmentOf<K extends ColumnKind> = Kinds[K]

/** A new segment, as it travels to readers in other threads. */
export interface SegmentMessage {
  readonly column: number
  readonly index: number
  readonly memory: SharedArrayBuffer
}

/**
 * Columns in fixed-size shared segments that never move: one thread writes, any thread reads what
 * has been published to it. The writer makes segments as it grows; a reader is handed them by
 * message (segmentsSince, adopt) and sees every later write into them.
 */
export class SharedColumns {
  readonly #columns: SharedColumn<ColumnKind>[] = []
  readonly #made: SegmentMessage[] = []

  /**
   * Both sides declare the same columns in the same order. Behind each segment `tailEntries` more may
   * be touched that are nobody's.
   */
  column<K extends ColumnKind>(
    kind: K,
    entriesPerSegment: number,
    tailEntries = 0,
  ): SharedColumn<K> {
    const number = this.#columns.length
    const column = new SharedColumn(kind, entriesPerSegment, tailEntries, (index, memory) => {
      const message = { column: number, index, memory }
      if (index < column.segments.length) this.#replaceEarlier(message)
      this.#made.push(message)
    })
    this.#columns.push(column)
    return column
  }

  /** Lets go of memory that another has taken the place of: later readers are handed the new one. */
  #replaceEarlier(message: SegmentMessage): void {
    this.#made.forEach(({ column, index }, at) => {
      if (column === message.column && index === message.index) this.#made[at] = message
    })
  }

  /** How many segments were made so far: a version to ask from next time. */
  get version(): number {
    return this.#made.length
  }

  /** Those that lead from an older version to this one, in their order. */
  segmentsSince(version: number): readonly SegmentMessage[] {
    return this.#made.slice(version)
  }

  adopt(messages: readonly SegmentMessage[]): void {
    for (const { column, index, memory } of messages) this.#columns[column]?.adopt(index, memory)
  }

  /** Bytes of all segments. */
  get bytes(): number {
    const memories = new Set(this.#made.map(({ memory }) => memory))
    return [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
}

export class SharedColumn<K extends ColumnKind> {
  readonly segments: SegmentOf<K>[] = []
  /** Entry i stands in segments[i >>> shift] at i & mask. */
  readonly shift: number
  readonly mask: number
  readonly #kind: K
  readonly #tailEntries: number
  readonly #made: (index: number, memory: SharedArrayBuffer) => void

  constructor(
    kind: K,
    readonly entriesPerSegment: number,
    tailEntries: number,
    made: (index: number, memory: SharedArrayBuffer) => void,
  ) {
    this.#kind = kind
    this.#tailEntries = tailEntries
    this.#made = made
    this.shift = Math.log2(entriesPerSegment)
    assert(Number.isInteger(this.shift), 'segments hold a power of two')
    this.mask = entriesPerSegment - 1
  }

  /** Makes segments until there is room for `length` entries. */
  reserve(length: number): void {
    while (this.segments.length * this.entriesPerSegment < length) {
      const entries = this.entriesPerSegment + this.#tailEntries
      const memory = new SharedArrayBuffer(entries * entryBytes[this.#kind])
      this.#made(this.segments.length, memory)
      this.adopt(this.segments.length, memory)
    }
  }

  adopt(index: number, memory: SharedArrayBuffer): void {
    this.segments[index] = segmentOver(this.#kind, memory)
  }

  /** Puts a segment of any size in the place of the first; readers that hold the old one keep it. */
  replace(memory: SharedArrayBuffer): void {
    this.#made(0, memory)
    this.adopt(0, memory)
  }

  segment(index: number): SegmentOf<K> {
    const segment = this.segments[index]
    if (segment === undefined) throw new RangeError(`segment ${index} was not published`)
    return segment
  }

  get(index: number): number {
    return this.segment(index >>> this.shift)[index & this.mask] ?? 0
  }

  set(index: number, value: number): void {
    const segment = this.segment(index >>> this.shift)
    segment[index & this.mask] = value
  }
}

/** One constructor of a view for each kind; the overloads tie the kind to what comes back. */
function segmentOver<K extends ColumnKind>(kind: K, memory: SharedArrayBuffer): SegmentOf<K>
function segmentOver(kind: ColumnKind, memory: SharedArrayBuffer): SegmentOf<ColumnKind> {
  switch (kind) {
    case 'uint8':
      return new Uint8Array(memory)
    case 'uint32':
      return new Uint32Array(memory)
    case 'float64':
      return new Float64Array(memory)
  }
}
