import { at } from '../../base/assert.ts'
import type { Looks } from '../../base/looks.ts'
import { sharedInt32 } from '../../base/shared-copy.ts'
import { GrowingColumns } from '../../model/growing-columns.ts'
import type {
  ChunkColumns,
  ChunkSeriesSet,
  HistogramCursor,
  LabelColumns,
  SampleColumns,
} from '../../storage/querier.ts'
import type { SharedSeries } from '../../storage/shared-series.ts'
import { MergedHistograms } from '../chunk/merged-histograms.ts'
import { dropDeleted } from '../index/intervals.ts'
import { OvertakenHistograms } from '../index/overtaken-histograms.ts'
import {
  nothingOvertaken,
  type OvertakenTimes,
  overtakenTimes,
  type SeriesPart,
} from '../index/overtaken-times.ts'
import { MergedFloats, noSeries } from './merged-floats.ts'
import type { MergedRows } from './merged-rows.ts'

/**
 * Several sources' sets as one (row T8.7): a series of equal labels is one series, its samples are
 * merged by time. Of two samples with one timestamp, of whatever kind, the later source's is kept, so
 * hand over the sources from the oldest to the newest.
 */
export class MergedSeriesSet implements ChunkSeriesSet {
  readonly labels: LabelColumns
  readonly warnings: readonly string[]
  readonly #sets: readonly ChunkSeriesSet[]
  /** Row r's series in source s stands at r * sets.length + s. */
  readonly #members: Int32Array
  readonly #floats: MergedFloats
  readonly #scratch = new GrowingColumns(0)
  /** Of which series and range floats were read last, and what was found then. */
  #compared = noSeries
  #comparedFromMs = 0
  #comparedToMs = 0
  #overtaken: OvertakenTimes = nothingOvertaken
  readonly #looks: Looks
  #chunks: ChunkColumns | undefined

  /** `rows` are those of the sets' label sets. */
  constructor(
    sets: readonly ChunkSeriesSet[],
    { labels, members }: MergedRows,
    warnings: readonly string[],
    looks: Looks,
  ) {
    this.#looks = looks
    this.#sets = sets
    this.warnings = [...warnings, ...sets.flatMap((set) => set.warnings)]
    this.labels = labels
    this.#members = members
    this.#floats = new MergedFloats(sets, members)
  }

  get seriesCount(): number {
    return this.labels.offsets.length - 1
  }

  get histogramChunksPassed(): number {
    return this.#floats.histogramChunksPassed
  }

  get chunks(): ChunkColumns {
    this.#chunks ??= this.#readChunks()
    return this.#chunks
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const passed = this.#floats.histogramChunksPassed
    const end = this.#floats.readFloats(series, minTimeMs, maxTimeMs, into, from)
    this.#compared = series
    this.#comparedFromMs = minTimeMs
    this.#comparedToMs = maxTimeMs
    this.#overtaken = nothingOvertaken
    if (end === from || this.#floats.histogramChunksPassed === passed) return end
    this.#overtaken = this.#compare(series, minTimeMs, maxTimeMs)
    return dropDeleted(this.#overtaken.floats, into, from, end)
  }

  #compare(series: number, minTimeMs: number, maxTimeMs: number): OvertakenTimes {
    const parts = this.#parts(series)
    if (parts.length < 2 || minTimeMs > maxTimeMs) return nothingOvertaken
    return overtakenTimes(parts, minTimeMs, maxTimeMs, this.#scratch)
  }

  #parts(series: number): readonly SeriesPart[] {
    return this.#sets.flatMap((set, source) => {
      const member = this.#members[series * this.#sets.length + source] ?? noSeries
      return member === noSeries ? [] : [{ set, series: member }]
    })
  }

  hidesSamples(series: number): boolean {
    return this.#sets.some((set, source) => {
      const member = this.#members[series * this.#sets.length + source] ?? noSeries
      return member !== noSeries && (set.hidesSamples?.(member) ?? false)
    })
  }

  share(): SharedSeries | undefined {
    const shared = this.#sets.map((set) => set.share?.())
    const sets = shared.filter((set) => set !== undefined)
    if (sets.length < shared.length) return undefined
    return { kind: 'merged', sets, members: sharedInt32(this.#members) }
  }

  readHistograms(series: number, minTimeMs: number, maxTimeMs: number): HistogramCursor {
    // Floats are read first by most.
    const isKnown =
      series === this.#compared &&
      minTimeMs === this.#comparedFromMs &&
      maxTimeMs === this.#comparedToMs
    // Before the cursors are opened: a set has one at a time.
    const overtaken = isKnown ? this.#overtaken : this.#compare(series, minTimeMs, maxTimeMs)
    const { histograms } = overtaken
    const cursors = this.#parts(series).map((part) =>
      part.set.readHistograms(part.series, minTimeMs, maxTimeMs),
    )
    const [only] = cursors
    if (cursors.length === 1 && only !== undefined) return only
    const merged = new MergedHistograms(cursors)
    return histograms.length === 0 ? merged : new OvertakenHistograms(merged, histograms)
  }

  /** Chunks of all members, by their first time; equal ones in the order of the sources. */
  #readChunks(): ChunkColumns {
    const columns = this.#sets.map((set) => set.chunks)
    const offsets = new Uint32Array(this.seriesCount + 1)
    const places: { readonly source: number; readonly chunk: number }[] = []
    for (let series = 0; series < this.seriesCount; series++) {
      this.#looks.item()
      const first = places.length
      columns.forEach((chunks, source) => {
        const member = this.#members[series * columns.length + source] ?? noSeries
        if (member === noSeries) return
        const end = chunks.offsets[member + 1] ?? 0
        for (let chunk = chunks.offsets[member] ?? 0; chunk < end; chunk++) {
          places.push({ source, chunk })
        }
      })
      const own = places.splice(first)
      const startMs = (place: (typeof own)[number]) =>
        columns[place.source]?.minTimeMs[place.chunk] ?? 0
      places.push(...own.sort((a, b) => startMs(a) - startMs(b)))
      offsets[series + 1] = places.length
    }
    const pick = (of: (columns: ChunkColumns, chunk: number) => number | undefined) =>
      places.map(({ source, chunk }) => {
        this.#looks.item()
        return of(at(columns, source), chunk) ?? 0
      })
    return {
      offsets,
      encoding: Uint8Array.from(pick((from, chunk) => from.encoding[chunk])),
      minTimeMs: Float64Array.from(pick((from, chunk) => from.minTimeMs[chunk])),
      maxTimeMs: Float64Array.from(pick((from, chunk) => from.maxTimeMs[chunk])),
      samples: Uint32Array.from(pick((from, chunk) => from.samples[chunk])),
      read(chunk, into) {
        const place = at(places, chunk)
        return at(columns, place.source).read(place.chunk, into)
      },
    }
  }
}
