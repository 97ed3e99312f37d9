import { ByteWriter } from '../../base/byte-writer.ts'
import { addSeries, addText, beginSeriesRecord } from '../wal/record.ts'
import type { Head } from './head.ts'

/** A record ends with the series that passes this: it stays far below a segment. */
const recordBytesAimed = 1 << 20

/** A label set in the record: its symbols, and where the text of each begins; at last its end. */
class WrittenLabels {
  symbols = new Uint32Array(64)
  starts = new Uint32Array(65)
  count = 0

  begin(count: number): void {
    this.count = count
    if (count <= this.symbols.length) return
    this.symbols = new Uint32Array(count * 2)
    this.starts = new Uint32Array(count * 2 + 1)
  }
}

/**
 * Which series the log knows. Series are logged with the next commit after they were created, by
 * whoever created them, and stay pending when that commit fails: a sample in the log never comes
 * before its series.
 */
export class SeriesLog {
  readonly #head: Head
  readonly #writer = new ByteWriter(65_536)
  #labels = new WrittenLabels()
  /** Of the series before it in the record: neighbours have most of their texts in common. */
  #before = new WrittenLabels()

  constructor(head: Head) {
    this.#head = head
  }

  /** After a replay all series are in the log. */
  logged(): void {
    this.#head.unlogged.length = 0
  }

  pendingRecords(): Uint8Array[] {
    const records: Uint8Array[] = []
    const { unlogged } = this.#head
    for (let at = 0; at < unlogged.length; ) {
      beginSeriesRecord(this.#writer)
      this.#before.begin(0)
      while (at < unlogged.length && this.#writer.length < recordBytesAimed) {
        this.#encode(unlogged[at++] ?? 0)
      }
      records.push(this.#writer.copy())
    }
    return records
  }

  #encode(series: number): void {
    const writer = this.#writer
    const set = this.#head.memory.series.labelSet(series)
    addSeries(writer, this.#head.ref(series), set.length / 2)
    const [labels, before] = [this.#labels, this.#before]
    labels.begin(set.length)
    labels.symbols.set(set)
    const common = Math.min(set.length, before.count)
    for (let at = 0; at < set.length; ) {
      let end = at
      while (end < common && set[end] === before.symbols[end]) end++
      if (end > at) this.#repeat(at, end)
      else {
        labels.starts[at] = writer.length
        this.#addText(set[at] ?? 0)
        end++
      }
      at = end
    }
    labels.starts[set.length] = writer.length
    this.#labels = before
    this.#before = labels
  }

  #addText(symbol: number): void {
    const place = this.#head.memory.symbols.columns.place(symbol)
    addText(this.#writer, place.bytes, place.start, place.end)
  }

  /** The texts from one position to another are those of the series before. */
  #repeat(from: number, to: number): void {
    const { starts } = this.#before
    const start = starts[from] ?? 0
    const moved = this.#writer.length - start
    for (let at = from; at < to; at++) this.#labels.starts[at] = (starts[at] ?? 0) + moved
    this.#writer.repeat(start, starts[to] ?? 0)
  }
}
