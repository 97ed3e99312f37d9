import type { ByteWriter } from '../../base/byte-writer.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { ExemplarEncoder } from '../wal/exemplar-record.ts'
import type { ExemplarRing, ExemplarSeries } from './exemplar-ring.ts'

/** Exemplars of one record: a record stays far below a segment. */
const exemplarsPerRecord = 1_024

interface StagedExemplar {
  readonly series: ExemplarSeries
  readonly exemplar: Exemplar
}

/** The exemplars of a transaction that the ring did not know when they were offered: mostly few. */
export class StagedExemplars {
  readonly #staged: StagedExemplar[] = []
  readonly #value = new Float64Array(1)

  add(series: ExemplarSeries, { labels, value, timestampMs, hasTimestamp }: Exemplar): void {
    this.#staged.push({ series, exemplar: { labels, value, timestampMs, hasTimestamp } })
  }

  /** Adds their records behind those of the samples: readers of the log know the series then. */
  encode(writer: ByteWriter, records: Uint8Array[]): void {
    const encoder = new ExemplarEncoder(writer)
    const halves = halvesOf(this.#value)
    for (let start = 0; start < this.#staged.length; start += exemplarsPerRecord) {
      encoder.begin()
      for (const { series, exemplar } of this.#staged.slice(start, start + exemplarsPerRecord)) {
        this.#value[0] = exemplar.value
        encoder.add(series.ref, exemplar.timestampMs, halves, 0, exemplar.labels)
      }
      records.push(writer.copy())
    }
  }

  /** What the ring refuses now was refused by one of the same transaction: it counts that. */
  addTo(ring: ExemplarRing): void {
    for (const { series, exemplar } of this.#staged) ring.add(series, exemplar)
  }

  clear(): void {
    this.#staged.length = 0
  }
}
