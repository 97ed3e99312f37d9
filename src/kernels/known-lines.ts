/** What a known line is. */
export const lineKind = { series: 1, dropped: 2, metadata: 3 } as const

export type LineKind = (typeof lineKind)[keyof typeof lineKind]

/** The id of a series that must be asked for again: its labels have to be read from the page. */
export const unresolvedId = 0xffff_ffff

/** Entry 0 is no line: its successor is the first line of the page. */
export const rootEntry = 0

/** Bits of an entry: the current page has it; it, or only the page before, left a sample that counts for staleness. */
export const lineMark = { seen: 1, tracked: 2, trackedBefore: 4 } as const

/** Which lines there are, and in which order: the same for targets that are alike, which share it. */
export interface LineShape {
  /** Four words an entry. */
  readonly hashes: Int32Array
  /** Bytes of the text. */
  readonly lengths: Int32Array
  readonly kinds: Uint8Array
  /** The entry that came after this one. */
  readonly next: Int32Array
}

/**
 * The lines of one target's previous pages in columns, by entry. A line is known by the length and
 * the 128-bit hash of its text: a series' up to the value, a comment's up to the line's end.
 */
export interface KnownLines extends LineShape {
  /** Entries in use, the root among them: 0 .. size - 1. */
  readonly size: number
  /** Entries that the current page has. */
  seenCount: number
  /** Where the shape's columns are shared: the same object means the same lines, as long as it lives. */
  readonly shape: LineShape | undefined
  /** Before anything is written into the shape's columns: makes them the target's own. */
  own(): void
  /** Of a series: its id in the database. Of metadata: four bits of type, above them a slot; 0 = none. */
  readonly ids: Uint32Array
  /** Of lineMark. */
  readonly marks: Uint8Array
  /** Entries by hash, 0 where there is none; a power of two of them, see bucketOf. Made when asked for. */
  readonly buckets: Int32Array
  /** How many buckets there are, whether they are made or not. */
  readonly bucketCount: number
}

/** Where rows go, in the page's order; grow() makes room for more of them. */
export interface ScannedRows {
  count: number
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  readonly halves: Uint32Array
  /** The entry of a row; inverted (~) where the row does not count for staleness. */
  readonly entries: Int32Array
  grow(): void
}

/** Counts of series lines that hold even where the reading ends in an error. */
export interface ScanTally {
  total: number
  /** Those left after relabelling. */
  added: number
  /** The same series twice without timestamps of their own. */
  duplicates: number
}

export interface ScanOptions {
  readonly lengthBytes: number
  /** Single blanks and nothing optional, so that a line in another form is left to the parser. */
  readonly isOpenMetrics: boolean
  readonly lines: KnownLines
  readonly rows: ScannedRows
  readonly tally: ScanTally
  readonly scrapeTimeMs: number
  readonly honorTimestamps: boolean
  /** Rows with times of their own count for staleness. */
  readonly trackTimestamps: boolean
}

/**
 * Reads the lines of an exposition page that its target's previous pages had: equal text means the
 * same series, and only its value and its timestamp are read. What is new or written unusually is
 * left to the parser, which alone decides what is valid. Protocol: reserve(), the page is put there,
 * begin(), then scan() and what the parser needs in turn, close(). Pages one after the other.
 */
export interface PageScanner {
  /** Room for a page, and behind it for a line break of the parser's; valid until the next call. */
  reserve(lengthBytes: number, lines: KnownLines): Uint8Array
  begin(options: ScanOptions): void
  /** Takes known lines in from the start of a line on; where the first one starts that is left. */
  scan(at: number): number
  /** Of what the last scan() took: the last line that told a family, and a type; 0 for none. */
  readonly familyEntry: number
  readonly typeEntry: number
  /** The page has that line: notes what it came after. Whether the page had it before. */
  see(entry: number): boolean
  isSeen(entry: number): boolean
  /** Of bytes of the page; valid until the next call. */
  hash(from: number, lengthBytes: number): Int32Array
  /** Always, also where the page cannot be read: what was learnt goes back to the known lines. */
  close(): void
}

/** The bucket to look for a hash from, before it is cut to the number of them. */
export function bucketOf(low: number, high: number): number {
  const mixed = Math.imul(low + Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

/** The entry with that hash and that many bytes, or 0. */
export function findLine(lines: KnownLines, hash: Int32Array, lengthBytes: number): number {
  const { buckets, lengths } = lines
  const mask = buckets.length - 1
  for (let at = bucketOf(hash[0] ?? 0, hash[1] ?? 0) & mask; ; at = (at + 1) & mask) {
    const entry = buckets[at] ?? 0
    if (entry === 0) return 0
    if (lengths[entry] === lengthBytes && hasHash(lines, entry, hash)) return entry
  }
}

/** Whether the entry has that hash. */
export function hasHash({ hashes }: KnownLines, entry: number, hash: Int32Array): boolean {
  return (
    hashes[entry * 4] === hash[0] &&
    hashes[entry * 4 + 1] === hash[1] &&
    hashes[entry * 4 + 2] === hash[2] &&
    hashes[entry * 4 + 3] === hash[3]
  )
}

/** Notes what came after an entry. */
export function setNext(lines: KnownLines, previous: number, entry: number): void {
  if (lines.next[previous] === entry) return
  lines.own()
  lines.next[previous] = entry
}

/** Upstream's one NaN for values (its other one marks staleness): 0x7ff8000000000001. */
export function writeNormalNan(halves: Uint32Array, index: number): void {
  halves[index * 2] = 1
  halves[index * 2 + 1] = 0x7ff80000
}

/** Counts a line of a series; whether it becomes a row. */
export function countLine(
  { lines, tally }: Pick<ScanOptions, 'lines' | 'tally'>,
  entry: number,
  hasOwnTime: boolean,
  wasSeen: boolean,
): boolean {
  tally.total++
  if (lines.kinds[entry] === lineKind.dropped) return false
  tally.added++
  if (!wasSeen || hasOwnTime) return true
  tally.duplicates++
  return false
}

/** A value stands in the next row's column; whether it becomes a row is decided here. */
export function addRow(
  options: ScanOptions,
  entry: number,
  timestampMs: number,
  wasSeen: boolean,
): void {
  const { lines, rows } = options
  const hasOwnTime = options.honorTimestamps && !Number.isNaN(timestampMs)
  if (!countLine(options, entry, hasOwnTime, wasSeen)) return
  const row = rows.count++
  rows.ids[row] = lines.ids[entry] ?? 0
  rows.timestampsMs[row] = hasOwnTime ? timestampMs : options.scrapeTimeMs
  rows.entries[row] = hasOwnTime && !options.trackTimestamps ? ~entry : entry
}
