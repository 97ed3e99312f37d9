import { assert } from '../../base/assert.ts'
import { type BlockBytes, indexFile } from './block-bytes.ts'
import { samplingFactor } from './block-files.ts'
import { ByteCursor } from './byte-cursor.ts'
import { GrowingColumn } from './growing-column.ts'
import { SectionScan } from './section-scan.ts'

export const noSymbol = -1
/** Of a varint. */
const lengthBytesMax = 10

/**
 * The symbol table of an index: in memory is where every 32nd symbol stands (row T5.5). The whole
 * table is read and its sum checked when it is opened, as upstream does.
 */
export class BlockSymbols {
  readonly count: number
  readonly #bytes: BlockBytes
  /** Where the section begins; the places count from there. */
  readonly #start: number
  readonly #places = new GrowingColumn()
  readonly #cursor = new ByteCursor()
  /** The latest symbol that was looked up, and where it begins: neighbours are asked for in turn. */
  #latest = 0
  #latestOffset = 0

  constructor(bytes: BlockBytes, offset: number) {
    this.#bytes = bytes
    this.#start = offset
    const scan = new SectionScan(bytes, offset)
    this.count = scan.uint32()
    this.#latestOffset = scan.offset
    for (let ordinal = 0; ordinal < this.count; ordinal++) {
      if (ordinal % samplingFactor === 0) this.#places.push(scan.offset - offset)
      scan.skip(scan.uvarint())
    }
    scan.finish()
  }

  /** A view of the symbol's UTF-8 bytes, valid until the block is read again. */
  symbolBytes(ordinal: number): Uint8Array {
    return this.#seek(ordinal, (bytes, start, end) => bytes.subarray(start, end))
  }

  text(ordinal: number): string {
    return this.#seek(ordinal, textOf)
  }

  /** The symbol with these bytes, or noSymbol. */
  find(wanted: Uint8Array): number {
    // The last of the sampled symbols that is not behind the wanted one.
    let [low, high] = [0, this.#places.count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Buffer.compare(this.symbolBytes(middle * samplingFactor), wanted) <= 0) low = middle + 1
      else high = middle
    }
    if (low === 0) return noSymbol
    const first = (low - 1) * samplingFactor
    const end = Math.min(first + samplingFactor, this.count)
    for (let ordinal = first; ordinal < end; ordinal++) {
      const order = Buffer.compare(this.symbolBytes(ordinal), wanted)
      if (order === 0) return ordinal
      if (order > 0) break
    }
    return noSymbol
  }

  /** The symbol that stands at an offset of the file, as indexes of version 1 refer to it. */
  ordinalAt(offset: number): number {
    let [low, high] = [0, this.#places.count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#start + this.#places.at(middle) <= offset) low = middle + 1
      else high = middle
    }
    const first = Math.max(0, low - 1) * samplingFactor
    const end = Math.min(first + samplingFactor, this.count)
    for (let ordinal = first; ordinal < end; ordinal++) {
      this.symbolBytes(ordinal)
      if (this.#latestOffset === offset) return ordinal
    }
    throw this.#bytes.fault(indexFile, offset, 'a series refers to a symbol here, there is none')
  }

  /** Walks from the latest symbol, or from the sampled one before the wanted one. */
  #seek<T>(ordinal: number, take: (bytes: Uint8Array, start: number, end: number) => T): T {
    assert(ordinal < this.count, 'a symbol behind the last one')
    const group = ordinal - (ordinal % samplingFactor)
    const isNear = this.#latest >= group && this.#latest <= ordinal
    let at = isNear ? this.#latest : group
    let offset = isNear ? this.#latestOffset : this.#start + this.#places.at(group / samplingFactor)
    const cursor = this.#cursor
    cursor.reset(cursor.bytes, 0, 0)
    for (;;) {
      if (cursor.left < lengthBytesMax) {
        const place = this.#bytes.read(indexFile, offset, lengthBytesMax)
        cursor.reset(place.bytes, place.start, place.start + place.length)
      }
      const from = cursor.at
      const length = cursor.uvarint()
      const textOffset = offset + cursor.at - from
      if (at === ordinal) {
        this.#latest = ordinal
        this.#latestOffset = offset
        const place = this.#bytes.readWhole(indexFile, textOffset, length)
        return take(place.bytes, place.start, place.start + length)
      }
      at++
      offset = textOffset + length
      cursor.at += length
    }
  }
}

/** UTF-8 as text; what is none becomes U+FFFD, as in all texts of the API. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
