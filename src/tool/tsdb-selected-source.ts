import { compareBytes } from '../model/byte-order.ts'
import type { SymbolTable } from '../storage/querier.ts'
import type { SeriesSource } from '../tsdb/compact/series-source.ts'
import type { HeadSeriesSet } from '../tsdb/head/head-series-set.ts'
import type { OutOfOrderSeriesSet } from '../tsdb/head/out-of-order-series-set.ts'

type HeadSet = HeadSeriesSet | OutOfOrderSeriesSet

/** What a query selected of the head, as one batch of a source. */
export class SelectedSource implements SeriesSource {
  readonly ordinalOf: Uint32Array
  readonly #texts: readonly string[]
  readonly #set: HeadSet
  #isTaken = false

  constructor(set: HeadSet, symbols: SymbolTable) {
    const ids = [...new Set(set.labels.labelIds)]
    const named = ids.map((id) => ({ id, text: symbols.text(id) }))
    named.sort((a, b) => compareBytes(a.text, b.text))
    this.ordinalOf = new Uint32Array(ids.reduce((most, id) => Math.max(most, id + 1), 0))
    named.forEach(({ id }, ordinal) => {
      this.ordinalOf[id] = ordinal
    })
    this.#texts = named.map(({ text }) => text)
    this.#set = set
  }

  get symbolCount(): number {
    return this.#texts.length
  }

  symbolAt(ordinal: number): Uint8Array {
    return Buffer.from(this.#texts[ordinal] ?? '', 'utf8')
  }

  async next(): Promise<HeadSet | undefined> {
    if (this.#isTaken) return undefined
    this.#isTaken = true
    return this.#set
  }

  deletedOf(series: number): Float64Array {
    return this.#set.deletedOf(series)
  }
}
