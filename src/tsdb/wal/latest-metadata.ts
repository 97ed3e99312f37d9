import { at } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { DistinctMetadata } from './distinct-metadata.ts'
import { addMetadata, beginMetadataRecord, type MetadataRecord } from './metadata-record.ts'

/** A record ends with the series that passes this. */
const recordBytesAimed = 1 << 17

/** The last metadata of each series. */
export class LatestMetadata {
  readonly #distinct = new DistinctMetadata()
  readonly #idOfRef = new Map<number, number>()
  readonly #writer = new ByteWriter(4096)

  /** Takes records, of them the series that are wanted. */
  takerOf(isWanted: (ref: number) => boolean): (columns: MetadataRecord) => void {
    return ({ refs, types, units, helps, count }) => {
      for (let row = 0; row < count; row++) {
        const ref = refs[row] ?? 0
        if (!isWanted(ref)) continue
        const metadata = { type: types[row] ?? 0, unit: at(units, row), help: at(helps, row) }
        this.#idOfRef.set(ref, this.#distinct.idOf(metadata))
      }
    }
  }

  /** As records, whose bytes are valid until the next one is taken. */
  *records(): Generator<Uint8Array> {
    if (this.#idOfRef.size === 0) return
    beginMetadataRecord(this.#writer)
    for (const [ref, id] of this.#idOfRef) {
      if (this.#writer.length >= recordBytesAimed) {
        yield this.#writer.view()
        beginMetadataRecord(this.#writer)
      }
      const { type, unit, help } = this.#distinct.of(id)
      addMetadata(this.#writer, ref, type, unit, help)
    }
    yield this.#writer.view()
  }
}
