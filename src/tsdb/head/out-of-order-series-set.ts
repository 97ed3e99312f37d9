import { sharedUint32 } from '../../base/shared-copy.ts'
import { GrowingColumns } from '../../model/growing-columns.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type {
  ChunkColumns,
  ChunkSeriesSet,
  HistogramCursor,
  LabelColumns,
  SampleColumns,
} from '../../storage/querier.ts'
import type { SharedSeries } from '../../storage/shared-series.ts'
import { FloatColumns } from '../chunk/float-columns.ts'
import { FloatChunkDecoder } from '../chunk/float-decode.ts'
import { dropDeleted, type Intervals, noIntervals } from '../index/intervals.ts'
import { OvertakenHistograms } from '../index/overtaken-histograms.ts'
import {
  nothingOvertaken,
  type OvertakenTimes,
  overtakenTimes,
  type SeriesPart,
} from '../index/overtaken-times.ts'
import type { HeadSeriesTools } from './head-series-set.ts'
import { labelColumnsOf } from './label-columns.ts'
import {
  isOfFloats,
  type OutOfOrderChunk,
  OutOfOrderChunks,
  runsOf,
} from './out-of-order-chunks.ts'
import { OutOfOrderHistograms } from './out-of-order-histograms.ts'
import type { TimeSpan } from './out-of-order-samples.ts'

const allTime: TimeSpan = {
  minTimeMs: Number.NEGATIVE_INFINITY,
  maxTimeMs: Number.POSITIVE_INFINITY,
}

/**
 * The out-of-order samples of the selected series (row T8.7): chunks that overlap, merged by time.
 * Of two samples with one time, of whatever kind, the one that came first is kept; so `chunks` has those of a series
 * from the newest made to the oldest, for readers with whom the later of the list wins.
 */
export class OutOfOrderSeriesSet implements ChunkSeriesSet {
  readonly warnings: readonly string[] = []
  histogramChunksPassed = 0
  readonly #tools: HeadSeriesTools
  readonly #ids: Uint32Array
  readonly #words: Uint32Array
  readonly #reader: OutOfOrderChunks
  readonly #decoder = new FloatChunkDecoder()
  readonly #decoded = new FloatColumns()
  readonly #merged = new FloatColumns()
  readonly #scratch = new GrowingColumns(0)
  #labels: LabelColumns | undefined
  #chunks: ChunkColumns | undefined

  /** Row s of the snapshot's words is that of series ids[s]. */
  constructor(tools: HeadSeriesTools, ids: Uint32Array, words: Uint32Array) {
    this.#tools = tools
    this.#ids = ids
    this.#words = words
    this.#reader = new OutOfOrderChunks(tools.view.chunks, tools.closed)
  }

  get seriesCount(): number {
    return this.#ids.length
  }

  refOf(series: number): number {
    return this.#tools.view.series.ref.get(this.#ids[series] ?? 0)
  }

  get labels(): LabelColumns {
    this.#labels ??= labelColumnsOf(this.#tools.view.series, this.#ids, this.#tools.looks)
    return this.#labels
  }

  get chunks(): ChunkColumns {
    this.#chunks ??= this.#readChunks()
    return this.#chunks
  }

  hidesSamples(series: number): boolean {
    return this.deletedOf(series).length > 0
  }

  /** The deleted times of a series. */
  deletedOf(series: number): Intervals {
    return this.#tools.view.tombstones.lateOf(this.#ids[series] ?? 0)
  }

  share(): SharedSeries {
    const [ids, words] = [sharedUint32(this.#ids), sharedUint32(this.#words)]
    return { kind: 'out-of-order', ids, words, validFromMs: Number.NEGATIVE_INFINITY }
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const range = { minTimeMs, maxTimeMs }
    const found = this.#reader.of(this.#words, series, range)
    const ofFloats = found.filter(isOfFloats)
    this.histogramChunksPassed += found.length - ofFloats.length
    const overtaken = this.#compare(found, range)
    const read = this.#readRuns(runsOf(ofFloats), range, into, from)
    const end = dropDeleted(overtaken.floats, into, from, read)
    return dropDeleted(this.deletedOf(series), into, from, end)
  }

  /** Of floats. */
  #readRuns(
    runs: readonly (readonly OutOfOrderChunk[])[],
    range: TimeSpan,
    into: SampleColumns,
    from: number,
  ): number {
    into.grow(runs.flat().reduce((sum, { samples }) => sum + samples, from))
    const halves = halvesOf(into.values)
    let end = from
    for (const run of runs) {
      const merged = this.#merge(run, range)
      into.timestampsMs.set(merged.timestampsMs.subarray(0, merged.count), end)
      halves.set(merged.halves.subarray(0, merged.count * 2), end * 2)
      into.startsMs?.set(merged.startsMs.subarray(0, merged.count), end)
      end += merged.count
    }
    return end
  }

  #merge(run: readonly OutOfOrderChunk[], { minTimeMs, maxTimeMs }: TimeSpan): FloatColumns {
    const [merged, decoded] = [this.#merged, this.#decoded]
    merged.count = 0
    for (const chunk of run) {
      decoded.reserve(chunk.samples)
      const bytes = this.#reader.read(chunk)
      const { encoding } = chunk
      decoded.count = this.#decoder.decode(encoding, bytes, minTimeMs, maxTimeMs, decoded.target, 0)
      merged.merge(decoded)
    }
    return merged
  }

  readHistograms(series: number, minTimeMs: number, maxTimeMs: number): HistogramCursor {
    const range = { minTimeMs, maxTimeMs }
    const found = this.#reader.of(this.#words, series, range)
    const runs = runsOf(found.filter((chunk) => !isOfFloats(chunk)))
    const { histograms } = this.#compare(found, range)
    const cursor = new OutOfOrderHistograms(this.#reader, runs, range, this.deletedOf(series))
    return histograms.length === 0 ? cursor : new OvertakenHistograms(cursor, histograms)
  }

  /** Times of which there is a sample of either kind: in one of the chunks each. */
  #compare(found: readonly OutOfOrderChunk[], range: TimeSpan): OvertakenTimes {
    if (!found.some(isOfFloats) || found.every(isOfFloats)) return nothingOvertaken
    const mixed = runsOf(found).filter((run) => run.some(isOfFloats) && !run.every(isOfFloats))
    const parts = mixed.flat().map((chunk) => {
      const floats = isOfFloats(chunk) ? [[chunk]] : []
      const histograms = isOfFloats(chunk) ? [] : [[chunk]]
      const set: SeriesPart['set'] = {
        readFloats: (_series, _min, _max, into, from = 0) =>
          this.#readRuns(floats, range, into, from),
        readHistograms: () =>
          new OutOfOrderHistograms(this.#reader, histograms, range, noIntervals),
      }
      return { set, series: 0 }
    })
    return overtakenTimes(parts, range.minTimeMs, range.maxTimeMs, this.#scratch)
  }

  #readChunks(): ChunkColumns {
    const offsets = new Uint32Array(this.seriesCount + 1)
    const all: OutOfOrderChunk[] = []
    for (let series = 0; series < this.seriesCount; series++) {
      all.push(...this.#reader.of(this.#words, series, allTime))
      offsets[series + 1] = all.length
    }
    return {
      offsets,
      encoding: Uint8Array.from(all, (chunk) => chunk.encoding),
      minTimeMs: Float64Array.from(all, (chunk) => chunk.minTimeMs),
      maxTimeMs: Float64Array.from(all, (chunk) => chunk.maxTimeMs),
      samples: Uint32Array.from(all, (chunk) => chunk.samples),
      read: (chunk, into) => {
        const found = all[chunk]
        if (found === undefined) return 0
        const bytes = this.#reader.read(found)
        into.set(bytes)
        return bytes.length
      },
    }
  }
}
