import type { CoveredRows } from './covered-spans.ts'
import type { RecordIndex } from './record-index.ts'
import type { SegmentReader } from './segment-reader.ts'

/**
 * Which records of a segment one reader need not read, since all that they have is covered. Such a
 * record's checksum is not looked at either: damage in it costs nothing.
 */
export class PassedRecords {
  readonly #index: RecordIndex
  readonly #covered: CoveredRows
  #entry = 0

  constructor(index: RecordIndex, covered: CoveredRows) {
    this.#index = index
    this.#covered = covered
  }

  /**
   * Where the record ends that begins at `start`, if nobody needs it; places only grow. It counts
   * where the record is still the one that was indexed.
   */
  behind(file: SegmentReader, start: number): number | undefined {
    this.#entry = this.#index.from(this.#entry, start)
    if (this.#entry === this.#index.count) return undefined
    const place = this.#index.place(this.#entry)
    if (place.start !== start || place.end > file.sizeBytes) return undefined
    if (file.checksumAt(start) !== place.checksum) return undefined
    return this.#covered.coversAll(this.#index.rows(this.#entry)) ? place.end : undefined
  }
}
