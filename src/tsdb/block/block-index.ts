import { ByteReadError } from '../../base/byte-reader.ts'
import { crc32c } from '../../base/crc32c.ts'
import type { Looks } from '../../base/looks.ts'
import type { SearchableIndex } from '../index/select.ts'
import { noPostings, type Postings } from '../index/set-operations.ts'
import { type BlockBytes, indexFile } from './block-bytes.ts'
import {
  indexHeaderBytes,
  indexMagic,
  seriesAlignBytes,
  sumBytes,
  tocBytes,
} from './block-files.ts'
import { BlockSymbols, noSymbol } from './block-symbols.ts'
import { ByteCursor } from './byte-cursor.ts'
import { ChunkMetas } from './chunk-metas.ts'
import { noPlace, type PostingsTable } from './postings-table.ts'
import { SampledPostingsTable } from './sampled-postings-table.ts'
import { WholePostingsTable } from './whole-postings-table.ts'

/** One series of a block, in columns that are used again. */
export class SeriesEntry {
  /** Symbol ordinals, name and value in turn, by name: labels[0 .. labelLength). */
  labels = new Uint32Array(32)
  labelLength = 0
  readonly chunks = new ChunkMetas()
}

/** Places of the sections, as the table of contents has them; 0 where there is none. */
export interface IndexSections {
  readonly symbols: number
  readonly series: number
  readonly labelIndices: number
  readonly labelIndicesTable: number
  readonly postings: number
  readonly postingsTable: number
}

/** A varint of 32 bits. */
const lengthBytesMax = 5
/** Of which most series have less. */
const seriesReadBytes = 1024

/**
 * The index of a block (tsdb/docs/format/index.md), versions 1, 2 and 3 (row T5.4); 3 is read as 2, as
 * upstream does. Opening reads the table of contents, symbols and the
 * postings offset table through and keeps samples of them; series and lists are read when they are
 * asked for. Whatever is read for the first time has its checksum verified; everything throws
 * CorruptionError. Postings are series references: places in the file, in units of 16 bytes (in
 * version 1 of one byte), so that they ascend with the label sets.
 */
export class BlockIndex implements SearchableIndex {
  readonly version: number
  readonly sections: IndexSections
  readonly symbols: BlockSymbols
  readonly table: PostingsTable
  readonly #bytes: BlockBytes
  readonly #cursor = new ByteCursor()
  readonly #entry = new SeriesEntry()

  constructor(bytes: BlockBytes) {
    this.#bytes = bytes
    this.version = readVersion(bytes)
    this.sections = readSections(bytes)
    const { symbols, postingsTable } = this.sections
    this.symbols = new BlockSymbols(bytes, symbols)
    this.table =
      this.version === 1
        ? new WholePostingsTable(bytes, postingsTable)
        : new SampledPostingsTable(bytes, postingsTable)
  }

  all(): Postings {
    return this.postings('', '')
  }

  postings(name: string, value: string): Postings {
    const place = this.table.find(name, value)
    return place === noPlace ? noPostings : this.readList(place)
  }

  count(name: string, value: string): number {
    const place = this.table.find(name, value)
    if (place === noPlace) return 0
    const head = this.#bytes.readWhole(indexFile, place, 8)
    return head.view.getUint32(head.start + 4)
  }

  valueCount(name: string): number {
    return this.table.valueCount(name)
  }

  /** A series has one value of a name, so the lists have nothing in common. */
  having(name: string, test: (value: string) => boolean, looks: Looks): Postings {
    const places: number[] = []
    this.table.visitValues(name, (value, place) => {
      looks.item()
      if (test(value)) places.push(place)
    })
    let length = 0
    const lists = places.map((place) => {
      looks.item()
      const list = this.readList(place)
      length += list.length
      return list
    })
    const [only] = lists
    if (lists.length === 1 && only !== undefined) return only
    const found = new Uint32Array(length)
    let end = 0
    for (const list of lists) {
      looks.item()
      found.set(list, end)
      end += list.length
    }
    return found.sort()
  }

  filter(series: Postings, name: string, test: (value: string) => boolean, looks: Looks): Postings {
    const symbol = this.symbols.find(Buffer.from(name, 'utf8'))
    const verdicts = new Map<number, boolean>()
    return series.filter((ref) => {
      looks.item()
      const value = symbol === noSymbol ? noSymbol : this.valueOf(ref, symbol)
      let verdict = verdicts.get(value)
      if (verdict === undefined) {
        verdict = test(value === noSymbol ? '' : this.symbols.text(value))
        verdicts.set(value, verdict)
      }
      return verdict
    })
  }

  /** The symbol of a series' value of a name, both as ordinals; noSymbol where it has none. */
  valueOf(ref: number, name: number): number {
    const entry = this.#entry
    this.readSeries(ref, entry)
    for (let at = 0; at < entry.labelLength; at += 2) {
      if (entry.labels[at] === name) return entry.labels[at + 1] ?? noSymbol
    }
    return noSymbol
  }

  /** The list of series at a place of the file. */
  readList(place: number): Postings {
    const source = this.#bytes
    const head = source.readWhole(indexFile, place, 8)
    const length = head.view.getUint32(head.start)
    const count = head.view.getUint32(head.start + 4)
    if (length !== count * 4 + 4) {
      throw source.fault(indexFile, place, `a list of ${count} series in ${length} bytes`)
    }
    const { bytes, view, start } = source.readWhole(indexFile, place, 4 + length + sumBytes)
    const end = start + 4 + length
    if (crc32c(bytes, start + 4, end) !== view.getUint32(end)) {
      throw source.fault(indexFile, place, 'the checksum of a list of series is another one')
    }
    const list = new Uint32Array(count)
    for (let index = 0; index < count; index++) list[index] = view.getUint32(start + 8 + index * 4)
    return list
  }

  /** Where a series stands in the file. */
  offsetOf(ref: number): number {
    return this.version === 1 ? ref : ref * seriesAlignBytes
  }

  /** Labels and chunks of a series; answers where its entry ends in the file. */
  readSeries(ref: number, into: SeriesEntry): number {
    const source = this.#bytes
    const offset = this.offsetOf(ref)
    const cursor = this.#cursor
    let place = source.read(indexFile, offset, seriesReadBytes)
    cursor.reset(place.bytes, place.start, place.start + Math.min(place.length, lengthBytesMax))
    return this.#refusing(offset, () => {
      const length = cursor.uvarint()
      const head = cursor.at - place.start
      const size = head + length + sumBytes
      if (size > place.length) place = source.readWhole(indexFile, offset, size)
      const { bytes, view } = place
      const [start, end] = [place.start + head, place.start + head + length]
      if (crc32c(bytes, start, end) !== view.getUint32(end)) {
        throw source.fault(indexFile, offset, 'the checksum of a series is another one')
      }
      cursor.reset(bytes, start, end)
      this.#readLabels(offset, into)
      this.#readChunks(into.chunks)
      if (this.version === 1) this.#ordinalsOfOffsets(into)
      return offset + size
    })
  }

  #readLabels(offset: number, into: SeriesEntry): void {
    const cursor = this.#cursor
    const length = cursor.uvarint() * 2
    // Each takes a byte at least, so that memory is bounded by the file's length.
    if (length > cursor.left) throw new ByteReadError(cursor.at, `${length / 2} labels`)
    if (length > into.labels.length) into.labels = new Uint32Array(length * 2)
    into.labelLength = length
    const { symbols } = this
    for (let at = 0; at < length; at++) {
      const symbol = cursor.uvarint()
      if (this.version !== 1 && symbol >= symbols.count) {
        const reason = `a series has symbol ${symbol} of ${symbols.count}`
        throw this.#bytes.fault(indexFile, offset, reason)
      }
      into.labels[at] = symbol
    }
  }

  /** Version 1 refers to symbols by where they stand in the file. */
  #ordinalsOfOffsets({ labels, labelLength }: SeriesEntry): void {
    for (let at = 0; at < labelLength; at++) labels[at] = this.symbols.ordinalAt(labels[at] ?? 0)
  }

  #readChunks(into: ChunkMetas): void {
    const cursor = this.#cursor
    into.count = 0
    const count = cursor.uvarint()
    let [timeMs, ref] = [0, 0]
    for (let chunk = 0; chunk < count; chunk++) {
      const minTimeMs = chunk === 0 ? cursor.varint() : timeMs + cursor.uvarint()
      timeMs = minTimeMs + cursor.uvarint()
      ref += chunk === 0 ? cursor.uvarint() : cursor.varint()
      if (timeMs > Number.MAX_SAFE_INTEGER || ref < 0) {
        throw new ByteReadError(cursor.at, `a chunk at ${ref} that ends at ${timeMs}`)
      }
      into.push(ref, minTimeMs, timeMs)
    }
  }

  #refusing<T>(offset: number, read: () => T): T {
    try {
      return read()
    } catch (thrown) {
      if (!(thrown instanceof ByteReadError)) throw thrown
      throw this.#bytes.fault(indexFile, offset, `no series here: ${thrown.message}`)
    }
  }
}

function readVersion(bytes: BlockBytes): number {
  const { view, start } = bytes.readWhole(indexFile, 0, indexHeaderBytes)
  if (view.getUint32(start) !== indexMagic) {
    throw bytes.fault(indexFile, 0, 'not the magic number of an index')
  }
  const version = view.getUint8(start + 4)
  if (version < 1 || version > 3) throw bytes.fault(indexFile, 4, `version ${version}, not 1 to 3`)
  return version
}

function readSections(source: BlockBytes): IndexSections {
  const fileBytes = source.sizeOf(indexFile)
  const at = fileBytes - tocBytes
  if (at < indexHeaderBytes) {
    throw source.fault(indexFile, 0, `${fileBytes} bytes are too few for an index`)
  }
  const { bytes, view, start } = source.readWhole(indexFile, at, tocBytes)
  const end = start + tocBytes - sumBytes
  if (crc32c(bytes, start, end) !== view.getUint32(end)) {
    throw source.fault(indexFile, at, 'the checksum of the table of contents is another one')
  }
  const [
    symbols = 0,
    series = 0,
    labelIndices = 0,
    labelIndicesTable = 0,
    postings = 0,
    table = 0,
  ] = Array.from({ length: 6 }, (_, index) => {
    const place = start + index * 8
    return view.getUint32(place) * 2 ** 32 + view.getUint32(place + 4)
  })
  return { symbols, series, labelIndices, labelIndicesTable, postings, postingsTable: table }
}
