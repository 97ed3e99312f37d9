import { ByteReadError } from '../../base/byte-reader.ts'
import type { LabelTexts } from '../../model/label-texts.ts'
import { decodeExemplars, emptyExemplarRecord } from '../wal/exemplar-record.ts'
import type { Head } from './head.ts'
import type { HeadChunkTable } from './head-chunk-table.ts'
import { type HeadReplay, noSeries } from './head-replay.ts'
import type { ChainReader } from './snapshot-chains.ts'
import {
  readSnapshotSeries,
  readSnapshotTombstones,
  type SnapshotChunk,
  snapshotRecord,
} from './snapshot-record.ts'

/**
 * Puts the records of a memory snapshot into an empty head, which is useless after an error. Without
 * `chains` (Prometheus writes none) a series has the chunks of its ref that end before its open one.
 */
export class HeadSnapshotLoader {
  readonly #head: Head
  readonly #replay: HeadReplay
  readonly #table: HeadChunkTable
  readonly #chains: ChainReader | undefined
  readonly #exemplars = emptyExemplarRecord()
  seriesCount = 0

  constructor(
    head: Head,
    replay: HeadReplay,
    table: HeadChunkTable,
    chains: ChainReader | undefined,
  ) {
    this.#head = head
    this.#replay = replay
    this.#table = table
    this.#chains = chains
  }

  /** Throws ByteReadError or ChunkCorruption. */
  take(record: Uint8Array): void {
    const type = record[0]
    if (type === snapshotRecord.series) readSnapshotSeries(record, this.#series)
    else if (type === snapshotRecord.tombstones) {
      readSnapshotTombstones(record, (all) => this.#replay.tombstones(all))
    } else if (type === snapshotRecord.exemplars) {
      decodeExemplars(record, this.#exemplars)
      this.#replay.exemplars(this.#exemplars)
    } else throw new ByteReadError(0, `a snapshot record of type ${type}`)
  }

  readonly #series = (ref: number, texts: LabelTexts, chunk: SnapshotChunk | undefined): void => {
    this.#replay.series(ref, texts)
    const id = this.#replay.seriesOf(ref)
    if (id === noSeries || !this.#head.chunks.isEmpty(id)) {
      throw new ByteReadError(0, `series ${ref} stands in it twice, or has no labels`)
    }
    const rows = this.#chains?.rowsOf(this.seriesCount) ?? this.#rowsOfRef(ref)
    this.seriesCount++
    for (let at = rows.length - 1; at >= 0; at--) {
      const row = this.#table.row(rows[at] ?? 0)
      if (row.minTimeMs <= this.#head.chunks.newestMs(id)) {
        throw new ByteReadError(0, `head chunks of series ${ref} overlap`)
      }
      this.#head.attach(id, row)
    }
    if (chunk === undefined || chunk.maxTimeMs < this.#head.validFromMs) return
    // A chunk of the files that reaches into it was begun by it, and is longer.
    if (chunk.minTimeMs > this.#head.chunks.newestMs(id)) this.#head.restoreOpen(id, chunk)
  }

  /** From new to old. */
  #rowsOfRef(ref: number): readonly number[] {
    const rows: number[] = []
    for (let place = this.#table.firstOf(ref); ; place++) {
      const chunk = this.#table.at(place)
      if (chunk === undefined || chunk.ref !== ref) return rows.reverse()
      if (chunk.isOutOfOrder || chunk.maxTimeMs < this.#head.validFromMs) continue
      rows.push(this.#table.rowOf(place))
    }
  }
}
