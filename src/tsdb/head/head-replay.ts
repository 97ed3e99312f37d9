import { limits } from '../../base/limits.ts'
import { type NativeHistogram, schemaMax } from '../../model/histogram.ts'
import { reduceResolution, spansGoForwards } from '../../model/resolution-fold.ts'
import { encoding } from '../chunk/encoding.ts'
import type { ExemplarRecord } from '../wal/exemplar-record.ts'
import type { SampleRecord } from '../wal/record.ts'
import type { ReplayHandler } from '../wal/replay.ts'
import type { TombstoneRecord } from '../wal/tombstone-record.ts'
import { appendHistogramInOrder, appendInOrder, partsOf } from './append-in-order.ts'
import type { Head } from './head.ts'
import type { HeadChunkTable } from './head-chunk-table.ts'

const noSeries = 0xffffffff

/** Chunks with start timestamps, and of XOR2, are not used: the log has their samples. */
function isAttachable(chunkEncoding: number): boolean {
  return (
    chunkEncoding === encoding.xor ||
    chunkEncoding === encoding.histogram ||
    chunkEncoding === encoding.floatHistogram
  )
}

/** Refs up to here are looked up in a column, those beyond in a map. */
const columnRefsMax = 1 << 26

/**
 * Puts what the log holds into the head. Refs are mapped to series of ours: a log may name one
 * series by several refs (it went and came back), and refs of another server's log are its own.
 */
export class HeadReplay implements ReplayHandler {
  readonly #head: Head
  readonly #chunks: HeadChunkTable
  #seriesOfRef = new Uint32Array(1 << 12).fill(noSeries)
  readonly #farRefs = new Map<number, number>()
  #ids = new Uint32Array(1024)
  #timestampsMs = new Float64Array(1024)
  samplesAdded = 0
  /** Samples whose series record was lost. */
  samplesWithoutSeries = 0
  exemplarsWithoutSeries = 0
  /** Histograms that no server of today would have taken: spans go backwards, or are too many. */
  histogramsLeftOut = 0

  /** `chunks` are what the head chunk files hold: samples up to their ends are not taken again. */
  constructor(head: Head, chunks: HeadChunkTable) {
    this.#head = head
    this.#chunks = chunks
  }

  readonly series = (ref: number, texts: readonly Uint8Array[]): void => {
    this.#head.passRef(ref)
    if (texts.length === 0) return
    const before = this.#head.seriesCount
    const id = this.#head.seriesOfTexts(texts)
    if (this.#head.seriesCount > before) this.#head.adoptRef(id, ref)
    if (this.#idOf(ref) === noSeries) this.#attachChunks(ref, id)
    this.#map(ref, id)
  }

  /** What does not follow the series' newest is left out: the log has its samples. */
  #attachChunks(ref: number, id: number): void {
    this.#chunks.eachOf(ref, (chunk) => {
      if (chunk.isOutOfOrder || !isAttachable(chunk.encoding)) return
      if (chunk.maxTimeMs < this.#head.validFromMs) return
      if (chunk.minTimeMs > this.#head.chunks.newestMs(id)) this.#head.attach(id, chunk)
    })
  }

  readonly histogram = (
    ref: number,
    timestampMs: number,
    _startMs: number,
    histogram: NativeHistogram,
  ): void => {
    const id = this.#idOf(ref)
    if (id === noSeries) {
      this.samplesWithoutSeries++
      this.#head.passRef(ref)
      return
    }
    if (!spansGoForwards(histogram) || partsOf(histogram) > limits.histogramPartsMax) {
      this.histogramsLeftOut++
      return
    }
    if (histogram.schema > schemaMax) reduceResolution(histogram, schemaMax)
    if (!appendHistogramInOrder(this.#head, id, timestampMs, histogram)) return
    this.samplesAdded++
    this.#head.closed.flush()
  }

  samples(columns: SampleRecord): void {
    const { refs, timestampsMs, values, count } = columns
    if (this.#ids.length < count) this.#grow(count)
    let known = 0
    for (let index = 0; index < count; index++) {
      const id = this.#idOf(refs[index] ?? 0)
      if (id === noSeries) {
        this.samplesWithoutSeries++
        this.#head.passRef(refs[index] ?? 0)
        continue
      }
      this.#ids[known] = id
      this.#timestampsMs[known] = timestampsMs[index] ?? 0
      if (known < index) values.copyWithin(known, index, index + 1)
      known++
    }
    // copyWithin moves bits: values closed up over samples without series.
    this.samplesAdded += appendInOrder(this.#head, {
      ids: this.#ids,
      timestampsMs: this.#timestampsMs,
      values,
      count: known,
    })
  }

  exemplars(columns: ExemplarRecord): void {
    const { refs, timestampsMs, values, labelStart, labelEnd, bytes, count } = columns
    const head = this.#head
    for (let index = 0; index < count; index++) {
      const id = this.#idOf(refs[index] ?? 0)
      if (id === noSeries) {
        this.exemplarsWithoutSeries++
        continue
      }
      head.exemplars.add(
        { ref: head.ref(id), labels: () => head.labels(id) },
        {
          labels: bytes.subarray(labelStart[index], labelEnd[index]),
          value: values[index] ?? 0,
          timestampMs: timestampsMs[index] ?? 0,
          hasTimestamp: false,
        },
      )
    }
  }

  tombstones({ refs, minTimesMs, maxTimesMs, count }: TombstoneRecord): void {
    for (let index = 0; index < count; index++) {
      const id = this.#idOf(refs[index] ?? 0)
      if (id === noSeries || (maxTimesMs[index] ?? 0) < this.#head.validFromMs) continue
      this.#head.memory.tombstones.add(id, minTimesMs[index] ?? 0, maxTimesMs[index] ?? 0)
    }
  }

  #idOf(ref: number): number {
    if (ref < this.#seriesOfRef.length) return this.#seriesOfRef[ref] ?? noSeries
    return this.#farRefs.get(ref) ?? noSeries
  }

  #map(ref: number, id: number): void {
    if (ref >= columnRefsMax) {
      this.#farRefs.set(ref, id)
      return
    }
    if (ref >= this.#seriesOfRef.length) {
      const larger = new Uint32Array(2 ** Math.ceil(Math.log2(ref + 2))).fill(noSeries)
      larger.set(this.#seriesOfRef)
      this.#seriesOfRef = larger
    }
    this.#seriesOfRef[ref] = id
  }

  #grow(count: number): void {
    this.#ids = new Uint32Array(count * 2)
    this.#timestampsMs = new Float64Array(count * 2)
  }
}
