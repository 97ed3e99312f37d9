import { ByteWriter } from '../../base/byte-writer.ts'
import { addSeries, addText, beginSeriesRecord } from '../wal/record.ts'
import type { Head } from './head.ts'

const seriesPerRecord = 4_096

/**
 * Which series the log knows. Series are logged with the next commit after they were created, by
 * whoever created them, and stay pending when that commit fails: a sample in the log never comes
 * before its series.
 */
export class SeriesLog {
  readonly #head: Head
  readonly #writer = new ByteWriter(65_536)
  #loggedCount = 0

  constructor(head: Head) {
    this.#head = head
  }

  /** After a replay all series are in the log. */
  logged(): void {
    this.#loggedCount = this.#head.seriesCount
  }

  pendingRecords(): Uint8Array[] {
    const records: Uint8Array[] = []
    for (let start = this.#loggedCount; start < this.#head.seriesCount; start += seriesPerRecord) {
      records.push(this.#encode(start, Math.min(this.#head.seriesCount, start + seriesPerRecord)))
    }
    return records
  }

  #encode(start: number, end: number): Uint8Array {
    const { series: columns, symbols } = this.#head.memory
    beginSeriesRecord(this.#writer)
    for (let series = start; series < end; series++) {
      const pairs = columns.labelSet(series)
      addSeries(this.#writer, this.#head.ref(series), pairs.length / 2)
      for (const symbol of pairs) {
        const place = symbols.columns.place(symbol)
        addText(this.#writer, place.bytes, place.start, place.end)
      }
    }
    return this.#writer.copy()
  }
}
