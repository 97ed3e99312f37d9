import { ByteWriter } from '../../base/byte-writer.ts'
import { addSeries, addText, beginSeriesRecord } from '../wal/record.ts'
import type { Head } from './head.ts'

/** A record ends with the series that passes this: it stays far below a segment. */
const recordBytesAimed = 1 << 20

/**
 * Which series the log knows. Series are logged with the next commit after they were created, by
 * whoever created them, and stay pending when that commit fails: a sample in the log never comes
 * before its series.
 */
export class SeriesLog {
  readonly #head: Head
  readonly #writer = new ByteWriter(65_536)

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
      while (at < unlogged.length && this.#writer.length < recordBytesAimed) {
        this.#encode(unlogged[at++] ?? 0)
      }
      records.push(this.#writer.copy())
    }
    return records
  }

  #encode(series: number): void {
    const { series: columns, symbols } = this.#head.memory
    const pairs = columns.labelSet(series)
    addSeries(this.#writer, this.#head.ref(series), pairs.length / 2)
    for (const symbol of pairs) {
      const place = symbols.columns.place(symbol)
      addText(this.#writer, place.bytes, place.start, place.end)
    }
  }
}
