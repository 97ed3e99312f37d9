import type { NativeHistogram } from '../../model/histogram.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { MmapMarkerRecord } from '../wal/mmap-marker-record.ts'
import type { SampleRecord } from '../wal/record.ts'
import type { ReplayHandler } from '../wal/replay.ts'
import type { StartSampleRecord } from '../wal/start-sample-record.ts'
import type { Head } from './head.ts'
import type { HeadChunkRow, HeadChunkTable } from './head-chunk-table.ts'
import { fitHistogram, type HeadReplay, noSeries } from './head-replay.ts'
import { isAttachable } from './pending-chunks.ts'

/**
 * Puts what the log of out-of-order samples holds into the head (row T3.3), after the log in order
 * has said which refs are which series. A marker says that the open samples of a series stand in a
 * head chunk: that chunk is taken instead of them. Where it is not there (it was damaged, or never
 * came to the disk) the samples are kept in memory, apart from those behind the marker.
 *
 * A chunk without a marker is not used, unless takeUnmarked is called: its samples stand in a block,
 * or in the log as well.
 */
export class OutOfOrderReplay implements ReplayHandler {
  readonly #head: Head
  readonly #chunks: HeadChunkTable
  readonly #inOrder: HeadReplay
  samplesAdded = 0
  /** Samples and markers whose series the log in order does not name. */
  withoutSeries = 0
  histogramsLeftOut = 0
  /** Places of the chunks that were taken. */
  readonly #taken = new Set<number>()

  constructor(head: Head, chunks: HeadChunkTable, inOrder: HeadReplay) {
    this.#head = head
    this.#chunks = chunks
    this.#inOrder = inOrder
  }

  readonly series = (): void => {
    // Series stand in the log in order.
  }

  readonly histogram = (
    ref: number,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): void => {
    const id = this.#seriesOf(ref)
    if (id === noSeries) return
    if (!fitHistogram(histogram)) {
      this.histogramsLeftOut++
      return
    }
    this.#makeRoom(id)
    if (this.#head.outOfOrder.insertHistogram(id, timestampMs, histogram, startMs))
      this.samplesAdded++
  }

  samples(columns: SampleRecord): void {
    this.#addSamples(columns, undefined)
  }

  startSamples(columns: StartSampleRecord): void {
    this.#addSamples(columns, columns.startsMs)
  }

  #addSamples(
    { refs, timestampsMs, values, count }: SampleRecord,
    startsMs: Float64Array | undefined,
  ): void {
    const halves = halvesOf(values)
    for (let index = 0; index < count; index++) {
      const id = this.#seriesOf(refs[index] ?? 0)
      if (id === noSeries) continue
      this.#makeRoom(id)
      const [low, high] = [halves[index * 2] ?? 0, halves[index * 2 + 1] ?? 0]
      const timestampMs = timestampsMs[index] ?? 0
      const startMs = startsMs?.[index] ?? 0
      const isNew = this.#head.outOfOrder.insert(id, timestampMs, high, low, startMs)
      if (isNew) this.samplesAdded++
    }
  }

  #seriesOf(ref: number): number {
    const id = this.#inOrder.seriesOf(ref)
    if (id === noSeries) {
      this.withoutSeries++
      this.#head.passRef(ref)
    }
    return id
  }

  #makeRoom(id: number): void {
    const { outOfOrder } = this.#head
    if (outOfOrder.isFull(id)) outOfOrder.closeInMemory(id)
  }

  mmapMarkers(markers: MmapMarkerRecord): void {
    const { refs, count } = markers
    for (let from = 0; from < count; ) {
      const ref = refs[from] ?? 0
      let to = from + 1
      while (to < count && refs[to] === ref) to++
      const id = this.#seriesOf(ref)
      if (id !== noSeries) this.#takeChunks(id, ref, markers, from, to)
      from = to
    }
  }

  /** A slab with histograms becomes several chunks, whose markers stand together. */
  #takeChunks(
    id: number,
    ref: number,
    { chunkFiles, chunkOffsets }: MmapMarkerRecord,
    from: number,
    to: number,
  ): void {
    const { outOfOrder } = this.#head
    const found: HeadChunkRow[] = []
    for (let index = from; index < to; index++) {
      const [file, offset] = [chunkFiles[index] ?? 0, chunkOffsets[index] ?? 0]
      const row = this.#chunks.outOfOrderAt(ref, file, offset)
      if (row !== undefined && isAttachable(row.encoding)) found.push(row)
    }
    if (found.length === to - from) outOfOrder.forgetOpen(id)
    else outOfOrder.closeInMemory(id)
    for (const row of found) this.#adopt(id, row)
  }

  #adopt(id: number, row: HeadChunkRow): void {
    this.#head.outOfOrder.adopt(id, row)
    this.#taken.add(placeOf(row))
  }

  /** Behind the log: chunks that were not taken are in blocks, and in their files still. */
  finish(): void {
    const { closed, outOfOrder } = this.#head
    this.#chunks.eachOutOfOrder((row) => {
      closed.noteLate(row.file, row.minTimeMs)
      const id = this.#inOrder.seriesOf(row.ref)
      if (id !== noSeries) outOfOrder.former.add(id)
    })
  }

  /**
   * For a log that is damaged, or gone: it may be that only these chunks have their samples. Others of
   * them went to blocks long ago, and were deleted there since, of which there are tombstones as long as
   * there are the chunks.
   */
  takeUnmarked(): void {
    let isAnyTaken = false
    this.#chunks.eachOutOfOrder((row) => {
      const id = this.#inOrder.seriesOf(row.ref)
      if (id === noSeries || !isAttachable(row.encoding) || this.#taken.has(placeOf(row))) return
      this.#adopt(id, row)
      isAnyTaken = true
    })
    if (isAnyTaken) this.#head.memory.tombstones.hideLate()
  }
}

function placeOf({ file, place }: HeadChunkRow): number {
  return file * 2 ** 32 + place
}
