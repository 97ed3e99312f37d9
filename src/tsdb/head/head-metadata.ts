import { DistinctMetadata, type SeriesMetadata } from '../wal/distinct-metadata.ts'

/** Distinct metadata that is looked through for what no series has any more, at the least. */
const sweepFrom = 4_096

/**
 * The latest metadata of each series (row T4.15): four bytes for a series, none for one that comes
 * behind all that have some, and each distinct metadata once.
 */
export class HeadMetadata {
  /** Whether appenders take metadata; what the log holds is taken anyway. */
  isTaken = false
  #distinct = new DistinctMetadata()
  #sweepAt = sweepFrom
  /** By series: 0 where it has none, else an id and one. */
  #idOfSeries = new Uint32Array(0)

  of(series: number): SeriesMetadata | undefined {
    const id = this.#idOfSeries[series] ?? 0
    return id === 0 ? undefined : this.#distinct.of(id - 1)
  }

  has(series: number, metadata: SeriesMetadata): boolean {
    const known = this.of(series)
    if (known === undefined || known.type !== metadata.type) return false
    if (Buffer.compare(known.unit, metadata.unit) !== 0) return false
    return Buffer.compare(known.help, metadata.help) === 0
  }

  set(series: number, metadata: SeriesMetadata): void {
    if (this.#distinct.count >= this.#sweepAt) this.#sweep()
    if (series >= this.#idOfSeries.length) {
      const grown = new Uint32Array(Math.max(1_024, (series + 1) * 2))
      grown.set(this.#idOfSeries)
      this.#idOfSeries = grown
    }
    this.#idOfSeries[series] = this.#distinct.idOf(metadata) + 1
  }

  /** The id is another series' from now on. */
  clear(series: number): void {
    if (series < this.#idOfSeries.length) this.#idOfSeries[series] = 0
  }

  /** Lets go of what no series has any more. */
  #sweep(): void {
    const kept = new DistinctMetadata()
    const ids = this.#idOfSeries
    for (let series = 0; series < ids.length; series++) {
      const metadata = this.of(series)
      if (metadata !== undefined) ids[series] = kept.idOf(metadata) + 1
    }
    this.#distinct = kept
    this.#sweepAt = Math.max(sweepFrom, kept.count * 2)
  }
}
