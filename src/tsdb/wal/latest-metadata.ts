import { at } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { addMetadata, beginMetadataRecord, type MetadataRecord } from './metadata-record.ts'

/** A record ends with the series that passes this. */
const recordBytesAimed = 1 << 17

interface Metadata {
  readonly type: number
  readonly unit: Uint8Array
  readonly help: Uint8Array
}

/** The last metadata of each series. Series of one metric share theirs: few are distinct. */
export class LatestMetadata {
  readonly #distinct: Metadata[] = []
  readonly #idOfKey = new Map<string, number>()
  readonly #idOfRef = new Map<number, number>()
  readonly #writer = new ByteWriter(4096)

  /** Takes records, of them the series that are wanted. */
  takerOf(isWanted: (ref: number) => boolean): (columns: MetadataRecord) => void {
    return ({ refs, types, units, helps, count }) => {
      for (let row = 0; row < count; row++) {
        const ref = refs[row] ?? 0
        if (!isWanted(ref)) continue
        this.#idOfRef.set(ref, this.#idOf(types[row] ?? 0, at(units, row), at(helps, row)))
      }
    }
  }

  #idOf(type: number, unit: Uint8Array, help: Uint8Array): number {
    // latin1 keeps every byte apart.
    const key = `${type} ${unit.length} ${latin1(unit)}${latin1(help)}`
    const known = this.#idOfKey.get(key)
    if (known !== undefined) return known
    const id = this.#distinct.push({ type, unit: unit.slice(), help: help.slice() }) - 1
    this.#idOfKey.set(key, id)
    return id
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
      const { type, unit, help } = at(this.#distinct, id)
      addMetadata(this.#writer, ref, type, unit, help)
    }
    yield this.#writer.view()
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
