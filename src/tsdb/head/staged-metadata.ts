import type { ByteWriter } from '../../base/byte-writer.ts'
import type { SeriesMetadata } from '../wal/distinct-metadata.ts'
import { addMetadata, beginMetadataRecord } from '../wal/metadata-record.ts'
import type { HeadMetadata } from './head-metadata.ts'

/** A record ends with the series that passes this: it stays far below a segment. */
const recordBytesAimed = 1 << 20

interface StagedMetadatum {
  readonly id: number
  readonly ref: number
  readonly metadata: SeriesMetadata
}

/** New metadata of a transaction: none, but when a target's page is new or changed. */
export class StagedMetadata {
  readonly #staged: StagedMetadatum[] = []

  add(id: number, ref: number, metadata: SeriesMetadata): void {
    this.#staged.push({ id, ref, metadata })
  }

  /** Adds their records, as upstream between those of new series and of samples. */
  encode(writer: ByteWriter, records: Uint8Array[]): void {
    for (let at = 0; at < this.#staged.length; ) {
      beginMetadataRecord(writer)
      do {
        const staged = this.#staged[at++]
        if (staged === undefined) break
        const { type, unit, help } = staged.metadata
        addMetadata(writer, staged.ref, type, unit, help)
      } while (writer.length < recordBytesAimed)
      records.push(writer.copy())
    }
  }

  addTo(metadata: HeadMetadata): void {
    for (const staged of this.#staged) metadata.set(staged.id, staged.metadata)
  }

  clear(): void {
    this.#staged.length = 0
  }
}
