import { unknownId } from '../kernels/write-kernel.ts'
import { timestampMsMax } from '../model/samples.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { type WriteRequestColumns, WriteRequestDecoder } from '../wire/write-request.ts'
import { notTaken } from './not-taken.ts'
import { SeriesTable, unknownSeries } from './series-table.ts'
import type { WrittenBodies, WrittenBody, WrittenRows } from './written-bodies.ts'
import { outOfTime } from './written-histograms.ts'

/** The twin of KernelBodies: the same in plain TypeScript. */
export class PlainBodies implements WrittenBodies {
  readonly #decoder = new WriteRequestDecoder()
  readonly #rows = new RowColumns()
  readonly #seriesOf: SeriesTable
  #ids = new Uint32Array(4_096)
  #body: WrittenBody | undefined

  constructor(entriesMax: number) {
    this.#seriesOf = new SeriesTable(entriesMax)
  }

  get size(): number {
    return this.#seriesOf.size
  }

  read(plain: Uint8Array): WrittenBody {
    const columns = this.#decoder.decode(plain)
    const { seriesCount, labelStart, labelEnd } = columns
    if (this.#ids.length < seriesCount) this.#ids = new Uint32Array(seriesCount * 2)
    for (let series = 0; series < seriesCount; series++) {
      const known = this.#seriesOf.find(plain, labelStart[series] ?? 0, labelEnd[series] ?? 0)
      this.#ids[series] = known === unknownSeries ? unknownId : known
    }
    this.#body = { bytes: plain, columns, ids: this.#ids }
    return this.#body
  }

  learn(series: number, id: number): void {
    if (this.#body === undefined) return
    const { bytes, columns, ids } = this.#body
    ids[series] = id
    const [start, end] = [columns.labelStart[series] ?? 0, columns.labelEnd[series] ?? 0]
    if (this.#seriesOf.find(bytes, start, end) === unknownSeries) this.#seriesOf.add(id)
  }

  rows(from: number, to: number): WrittenRows {
    if (this.#body !== undefined) this.#rows.gather(this.#body.columns, this.#body.ids, from, to)
    return this.#rows
  }

  allRows(): WrittenRows {
    return this.rows(0, this.#body?.columns.sampleCount ?? 0)
  }

  forget(): void {
    this.#seriesOf.clear()
  }
}

/** Samples of a body with ids in place of series; used again. */
export class RowColumns implements WrittenRows {
  ids = new Uint32Array(4_096)
  timestampsMs = new Float64Array(4_096)
  values = new Float64Array(4_096)
  count = 0

  /** Takes of the samples `from` to `to` those whose series' id is not notTaken. Throws BODY_INVALID. */
  gather(columns: WriteRequestColumns, ids: Uint32Array, from: number, to: number): void {
    this.#reserve(to - from)
    // Bits move from column to column; see model/stale-nan.
    const source = halvesOf(columns.values)
    const target = halvesOf(this.values)
    let count = 0
    for (let sample = from; sample < to; sample++) {
      const id = ids[columns.series[sample] ?? 0] ?? notTaken
      if (id === notTaken) continue
      const timestampMs = columns.timestampsMs[sample] ?? 0
      if (Math.abs(timestampMs) > timestampMsMax) throw outOfTime(timestampMs)
      this.ids[count] = id
      this.timestampsMs[count] = timestampMs
      target[count * 2] = source[sample * 2] ?? 0
      target[count * 2 + 1] = source[sample * 2 + 1] ?? 0
      count++
    }
    this.count = count
  }

  #reserve(count: number): void {
    if (this.ids.length >= count) return
    this.ids = new Uint32Array(count * 2)
    this.timestampsMs = new Float64Array(count * 2)
    this.values = new Float64Array(count * 2)
  }
}
