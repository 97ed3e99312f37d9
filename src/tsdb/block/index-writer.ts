import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { crc32c } from '../../base/crc32c.ts'
import type { AppendFile } from '../../base/file-system.ts'
import { indexHeaderBytes, indexMagic, seriesAlignBytes } from './block-files.ts'
import { BufferedFile, uvarintBytes } from './buffered-file.ts'
import type { ChunkMetas } from './chunk-metas.ts'
import { NumberColumn } from './number-column.ts'
import { PostingsBuilder } from './postings-builder.ts'
import type { SymbolArena } from './symbol-arena.ts'

/** References count in units of 16 bytes and have four: 64 GiB. */
const indexBytesMax = 2 ** 32 * seriesAlignBytes

/**
 * Writes an index of version 2 (tsdb/docs/format/index.md), as Prometheus 3.14 does: without the
 * label indices that older versions wrote. Sections are written in their order in the file, nothing
 * is written over.
 */
export class IndexWriter {
  readonly #file: BufferedFile
  readonly #symbols: SymbolArena
  readonly #postings: PostingsBuilder
  readonly #seriesStart: number
  readonly #entry = new ByteWriter(4096)
  /** Symbols and series count of each pair, in the order of the offset table. */
  readonly #pairNames = new NumberColumn()
  readonly #pairValues = new NumberColumn()
  readonly #pairCounts = new NumberColumn()

  constructor(file: AppendFile, symbols: SymbolArena) {
    this.#file = new BufferedFile(file)
    this.#symbols = symbols
    this.#postings = new PostingsBuilder(symbols.count)
    this.#writeSymbols()
    this.#seriesStart = this.#file.position
  }

  get seriesCount(): number {
    return this.#postings.seriesCount
  }

  /** Labels are ordinals, name and value in turn; series come in the order of their labels. */
  addSeries(labels: Uint32Array, chunks: ChunkMetas): void {
    const file = this.#file
    file.pad(seriesAlignBytes)
    assert(file.position < indexBytesMax, 'an index holds 64 GiB')
    this.#postings.addSeries(file.position / seriesAlignBytes, labels)
    const entry = this.#entry
    entry.reset()
    entry.uvarint(labels.length / 2)
    for (let at = 0; at < labels.length; at++) entry.uvarint(labels[at] ?? 0)
    this.#encodeChunks(chunks)
    const bytes = entry.view()
    file.uvarint(bytes.length)
    file.bytes(bytes)
    file.uint32(crc32c(bytes))
  }

  /** Times and references of all chunks but the first are differences to the one before. */
  #encodeChunks({ count, refs, minTimeMs, maxTimeMs }: ChunkMetas): void {
    const entry = this.#entry
    entry.uvarint(count)
    let [timeMs, ref] = [0, 0]
    for (let chunk = 0; chunk < count; chunk++) {
      const [min, max] = [minTimeMs[chunk] ?? 0, maxTimeMs[chunk] ?? 0]
      const own = refs[chunk] ?? 0
      if (chunk === 0) entry.varint(min)
      else entry.uvarint(min - timeMs)
      entry.uvarint(max - min)
      if (chunk === 0) entry.uvarint(own)
      else entry.varint(own - ref)
      timeMs = max
      ref = own
    }
  }

  /** Writes the rest, waits until it is on disk; answers the file's length. */
  finish(): number {
    const file = this.#file
    const labelIndices = file.position
    file.pad(4)
    const postings = file.position
    this.#writePostings()
    const table = file.position
    this.#writeOffsetTable(postings)
    file.startSum()
    file.uint64(indexHeaderBytes)
    file.uint64(this.#seriesStart)
    // No label indices: upstream lets their place and table point where the next section begins.
    file.uint64(labelIndices)
    file.uint64(table)
    file.uint64(labelIndices)
    file.uint64(table)
    file.uint32(file.sum())
    return file.finish()
  }

  close(): void {
    this.#file.close()
  }

  #writeSymbols(): void {
    const file = this.#file
    const symbols = this.#symbols
    file.uint32(indexMagic)
    file.uint8(2)
    file.uint32(symbols.tableBytes + 4)
    file.startSum()
    file.uint32(symbols.count)
    for (let ordinal = 0; ordinal < symbols.count; ordinal++) this.#writeText(ordinal)
    file.uint32(file.sum())
  }

  #writeText(ordinal: number): void {
    const bytes = this.#symbols.bytes(ordinal)
    this.#file.uvarint(bytes.length)
    this.#file.bytes(bytes)
  }

  #writePostings(): void {
    this.#writeList(this.#postings.allRefs())
    this.#postings.visitPairs((name, value, refs) => {
      this.#pairNames.push(name)
      this.#pairValues.push(value)
      this.#pairCounts.push(refs.length)
      this.#writeList(refs)
    })
  }

  #writeList(refs: Uint32Array): void {
    const file = this.#file
    file.uint32(listBytes(refs.length) - 8)
    file.startSum()
    file.uint32(refs.length)
    for (let index = 0; index < refs.length; index++) file.uint32(refs[index] ?? 0)
    file.uint32(file.sum())
  }

  /** First the pair of empty texts, which stands for all series. */
  #writeOffsetTable(postings: number): void {
    const file = this.#file
    const pairs = this.#pairNames.count
    file.uint32(this.#offsetTableBytes(postings))
    file.startSum()
    file.uint32(pairs + 1)
    file.uint8(2)
    file.uint8(0)
    file.uint8(0)
    file.uvarint(postings)
    let offset = postings + listBytes(this.#postings.seriesCount)
    for (let pair = 0; pair < pairs; pair++) {
      file.uint8(2)
      this.#writeText(this.#pairNames.at(pair))
      this.#writeText(this.#pairValues.at(pair))
      file.uvarint(offset)
      offset += listBytes(this.#pairCounts.at(pair))
    }
    file.uint32(file.sum())
  }

  /** Of the table's content, which its length stands before. */
  #offsetTableBytes(postings: number): number {
    const symbols = this.#symbols
    let bytes = 4 + 3 + uvarintBytes(postings)
    let offset = postings + listBytes(this.#postings.seriesCount)
    for (let pair = 0; pair < this.#pairNames.count; pair++) {
      const name = symbols.sizeWithLength(this.#pairNames.at(pair))
      const value = symbols.sizeWithLength(this.#pairValues.at(pair))
      bytes += 1 + name + value + uvarintBytes(offset)
      offset += listBytes(this.#pairCounts.at(pair))
    }
    assert(bytes < 2 ** 32, `a postings offset table holds 4 GiB, this one has ${bytes} bytes`)
    return bytes
  }
}

/** A list with its length, count and sum. */
function listBytes(count: number): number {
  return 12 + count * 4
}
