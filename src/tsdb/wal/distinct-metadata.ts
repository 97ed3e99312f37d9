import { at } from '../../base/assert.ts'

/** What a series' metric is: the type by metricTypeNumber, unit and help in UTF-8. */
export interface SeriesMetadata {
  readonly type: number
  readonly unit: Uint8Array
  readonly help: Uint8Array
}

/** Metadata, each distinct one once, by id: the series of one metric share theirs. */
export class DistinctMetadata {
  readonly #distinct: SeriesMetadata[] = []
  readonly #idOfKey = new Map<string, number>()

  get count(): number {
    return this.#distinct.length
  }

  /** The id of metadata, copied where it is new. */
  idOf({ type, unit, help }: SeriesMetadata): number {
    // latin1 keeps every byte apart.
    const key = `${type} ${unit.length} ${latin1(unit)}${latin1(help)}`
    const known = this.#idOfKey.get(key)
    if (known !== undefined) return known
    const id = this.#distinct.push({ type, unit: unit.slice(), help: help.slice() }) - 1
    this.#idOfKey.set(key, id)
    return id
  }

  of(id: number): SeriesMetadata {
    return at(this.#distinct, id)
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
