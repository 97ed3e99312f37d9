import { type BlockBytes, indexFile } from './block-bytes.ts'
import { samplingFactor } from './block-files.ts'
import { textOf } from './block-symbols.ts'
import { ByteCursor } from './byte-cursor.ts'
import { GrowingColumn } from './growing-column.ts'
import { noPlace, type PostingsTable } from './postings-table.ts'
import { SectionScan } from './section-scan.ts'

interface NameEntry {
  /** Which of the sampled values are this name's: the first, and how many values it has in all. */
  readonly firstSample: number
  valueCount: number
  /** What stands before each value: the number 2, and the name with its length. */
  readonly prefixBytes: number
}

/** Of a value's length, or of a place. */
const varintBytesMax = 10

/**
 * The postings offset table of an index of version 2 or 3, sorted by name and value: every 32nd value
 * of a name is in memory (row T5.5), those between are read from the file when they are asked for.
 */
export class SampledPostingsTable implements PostingsTable {
  readonly #bytes: BlockBytes
  readonly #names = new Map<string, NameEntry>()
  /** Where the table begins in the file; the sampled places count from there. */
  readonly #start: number
  readonly #places = new GrowingColumn()
  readonly #texts = new TextColumn()
  readonly #cursor = new ByteCursor()
  readonly #entry: TableEntry = { bytes: new Uint8Array(0), start: 0, end: 0, place: 0, next: 0 }

  constructor(bytes: BlockBytes, offset: number) {
    this.#bytes = bytes
    this.#start = offset
    const scan = new SectionScan(bytes, offset)
    let latestName = new Uint8Array(0)
    let entry: NameEntry | undefined
    for (let count = scan.uint32(); count > 0 && scan.left > 0; count--) {
      const place = scan.offset
      if (scan.uvarint() !== 2) throw scan.fault('an entry of other than two keys')
      const nameLength = scan.uvarint()
      const nameStart = scan.take(nameLength)
      const name = scan.bytes.subarray(nameStart, nameStart + nameLength)
      if (entry === undefined || Buffer.compare(name, latestName) !== 0) {
        latestName = name.slice()
        const text = textOf(latestName, 0, nameLength)
        if (this.#names.has(text)) throw scan.fault(`label name ${text} comes twice`)
        const prefixBytes = scan.offset - place
        entry = { firstSample: this.#places.count, valueCount: 0, prefixBytes }
        this.#names.set(text, entry)
      }
      const valueLength = scan.uvarint()
      const valueStart = scan.take(valueLength)
      if (entry.valueCount % samplingFactor === 0) {
        this.#places.push(place - offset)
        this.#texts.push(scan.bytes, valueStart, valueStart + valueLength)
      }
      entry.valueCount++
      scan.uvarint()
    }
    scan.finish()
  }

  *names(): Iterable<string> {
    for (const name of this.#names.keys()) if (name !== '') yield name
  }

  valueCount(name: string): number {
    return this.#names.get(name)?.valueCount ?? 0
  }

  find(name: string, value: string): number {
    const entry = this.#names.get(name)
    if (entry === undefined) return noPlace
    const wanted = Buffer.from(value, 'utf8')
    const samples = Math.ceil(entry.valueCount / samplingFactor)
    let [low, high] = [0, samples]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#texts.compare(entry.firstSample + middle, wanted) <= 0) low = middle + 1
      else high = middle
    }
    if (low === 0) return noPlace
    const sample = low - 1
    const count = Math.min(samplingFactor, entry.valueCount - sample * samplingFactor)
    let offset = this.#start + this.#places.at(entry.firstSample + sample)
    for (let index = 0; index < count; index++) {
      const { bytes, start, end, place, next } = this.#read(entry, offset)
      const order = wanted.compare(bytes, start, end)
      if (order === 0) return place
      if (order < 0) break
      offset = next
    }
    return noPlace
  }

  visitValues(name: string, visit: (value: string, place: number) => void): void {
    const entry = this.#names.get(name)
    if (entry === undefined) return
    let offset = this.#start + this.#places.at(entry.firstSample)
    for (let index = 0; index < entry.valueCount; index++) {
      const { bytes, start, end, place, next } = this.#read(entry, offset)
      offset = next
      visit(textOf(bytes, start, end), place)
    }
  }

  /** The entry at an offset of the file; valid until the next read. */
  #read({ prefixBytes }: NameEntry, offset: number): TableEntry {
    const source = this.#bytes
    const { bytes, start, length } = source.read(indexFile, offset, prefixBytes + varintBytesMax)
    const cursor = this.#cursor
    cursor.reset(bytes, start + prefixBytes, start + length)
    const valueLength = cursor.uvarint()
    const known = cursor.at - start + valueLength
    const entry = this.#entry
    const place = known + varintBytesMax <= length ? undefined : known + varintBytesMax
    const whole = place === undefined ? undefined : source.read(indexFile, offset, place)
    entry.bytes = whole?.bytes ?? bytes
    const from = whole?.start ?? start
    entry.start = from + known - valueLength
    entry.end = from + known
    cursor.reset(entry.bytes, entry.end, from + (whole?.length ?? length))
    entry.place = cursor.uvarint()
    entry.next = offset + cursor.at - from
    return entry
  }
}

interface TableEntry {
  bytes: Uint8Array
  /** The value is bytes[start .. end). */
  start: number
  end: number
  /** Of the list of series. */
  place: number
  /** Where the next entry begins. */
  next: number
}

/** Texts one behind the other in one piece of memory. */
class TextColumn {
  #bytes = new Uint8Array(4096)
  #end = 0
  readonly #ends = new GrowingColumn()

  push(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.#end + length > this.#bytes.length) {
      const before = this.#bytes
      this.#bytes = new Uint8Array(Math.max(this.#end + length, before.length * 2))
      this.#bytes.set(before)
    }
    this.#bytes.set(bytes.subarray(start, end), this.#end)
    this.#end += length
    this.#ends.push(this.#end)
  }

  /** Below 0 where the text comes before the wanted one. */
  compare(index: number, wanted: Buffer): number {
    const start = index === 0 ? 0 : this.#ends.at(index - 1)
    return -wanted.compare(this.#bytes, start, this.#ends.at(index))
  }
}
