import { unresolvedId, writeNormalNan } from '../kernels/known-lines.ts'
import { type ExpositionParser, entryKind } from './exposition.ts'
import { metricTypes, PageRows, type RowOptions } from './page-rows.ts'

const newline = 0x0a

/** A page that was put where the scanner reserved room for it. */
export interface Page {
  readonly bytes: Uint8Array
  readonly lengthBytes: number
  readonly isOpenMetrics: boolean
}

export interface OpenedLines {
  readonly page: Page
  readonly parser: ExpositionParser
}

/**
 * Reads a page into columns, starting a new generation of the cache. Lines that the cache knows
 * have only their value read, by the scanner; all others, and whatever is written unusually, go
 * through the parser, which alone decides what is valid. Throws ExpositionError and what the sink
 * throws.
 */
export function readPage(options: RowOptions, { page, parser }: OpenedLines): void {
  const { cache, columns, scanner } = options
  cache.beginGeneration()
  columns.clear()
  const rows = new PageRows(options, page)
  scanner.begin(rows.scan)
  try {
    new PageReader(options, page, parser, rows).read()
  } finally {
    scanner.close()
  }
}

class PageReader {
  readonly #options: RowOptions
  readonly #page: Page
  readonly #parser: ExpositionParser
  readonly #rows: PageRows

  constructor(options: RowOptions, page: Page, parser: ExpositionParser, rows: PageRows) {
    this.#options = options
    this.#page = page
    this.#parser = parser
    this.#rows = rows
  }

  read(): void {
    const { lengthBytes, isOpenMetrics } = this.#page
    // What is wrong with the end is told with a place that depends on the line before it.
    const isScanned = !isOpenMetrics || endsWell(this.#page)
    let at = 0
    while (at < lengthBytes) {
      if (isScanned && !this.#rows.tellsNew()) at = this.#scanned(at)
      if (at >= lengthBytes) break
      at = this.#parsedLine(at)
      if (at < 0) return
    }
    // OpenMetrics demands its # EOF, which only the parser knows about.
    if (isOpenMetrics) this.#parsedLine(at)
  }

  /** Where the first line stands that the scanner left. */
  #scanned(at: number): number {
    const { scanner, cache, tally } = this.#options
    const total = tally.total
    const after = scanner.scan(at)
    tally.known += tally.total - total
    this.#rows.family = cache.metadataSlot(scanner.familyEntry) || this.#rows.family
    const type = cache.metadataType(scanner.typeEntry)
    if (type > 0) this.#parser.metricType = metricTypes[type - 1] ?? 'unknown'
    return after
  }

  /** Lets the parser read one entry; where the next line starts, or -1 at the end of the page. */
  #parsedLine(at: number): number {
    const parser = this.#parser
    parser.position = at
    const kind = parser.next()
    if (kind === entryKind.end) return -1
    if (kind === entryKind.series) this.#parsedSeries(parser)
    else if (this.#page.bytes[parser.position - 1] === newline) {
      const length = parser.position - 1 - at
      this.#rows.metadata(kind, this.#rows.find(at, length), length, parser)
    }
    return parser.position
  }

  #parsedSeries(parser: ExpositionParser): void {
    const { cache, columns } = this.#options
    const length = parser.seriesEnd - parser.seriesStart
    let entry = this.#rows.find(parser.seriesStart, length)
    if (entry === 0 || cache.ids[entry] === unresolvedId) {
      entry = this.#rows.admitted(entry, length, parser)
    }
    if (columns.count === columns.values.length) columns.grow()
    if (Number.isNaN(parser.value)) writeNormalNan(columns.halves, columns.count)
    else columns.values[columns.count] = parser.value
    const row = columns.count
    this.#rows.addRow(entry, parser.hasTimestamp ? parser.timestampMs : Number.NaN)
    if (columns.count === row) return
    const { exemplar } = parser
    if (exemplar !== undefined) columns.exemplars.push({ row, exemplar })
    this.#rows.addMetadata(row, entry, parser)
  }
}

const endOfPage = Buffer.from('\n# EOF')

function endsWell({ bytes, lengthBytes }: Page): boolean {
  const end = bytes[lengthBytes - 1] === newline ? lengthBytes - 1 : lengthBytes
  if (end < endOfPage.length) return false
  return endOfPage.equals(bytes.subarray(end - endOfPage.length, end))
}
