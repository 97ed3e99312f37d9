import { isFloatEncoding, isHistogramEncoding } from '../chunk/chunk-encoding.ts'
import { type CoveredSpans, hasSpans } from '../wal/covered-spans.ts'
import { chunkSpans } from './chunk-spans.ts'
import type { Head } from './head.ts'
import { chunkKinds, type HeadChunkTable, outOfOrderMark } from './head-chunk-table.ts'

/** What nextMs answers where no chunk waits. */
export const noChunk = Number.POSITIVE_INFINITY

/** A chunk of an encoding that nobody knows is left to the log. */
export function isAttachable(encoding: number): boolean {
  return isFloatEncoding(encoding) || isHistogramEncoding(encoding)
}

/** The same by kinds: out-of-order ones come with another log. */
const attachableKinds = Uint8Array.from({ length: chunkKinds }, (_, kind) =>
  kind < outOfOrderMark && isAttachable(kind) ? 1 : 0,
)

/**
 * Chunks of the head chunk files that wait, during replay, for the log to come to their first sample or
 * one behind it. Only then is it known that nothing is missing before them: files of several lives
 * overlap, each cut chunks elsewhere, and a power cut may have taken one of them. What is not attached
 * is no loss, since the log has all samples; where it was read without those, it is read again.
 */
export class PendingChunks {
  readonly #head: Head
  readonly #table: HeadChunkTable
  /** By series: when its next chunk begins, and where that stands in the table. */
  #nextMs = new Float64Array(1024).fill(noChunk)
  #places = new Uint32Array(1024)
  #leftOut: CoveredSpans | undefined
  /** By place of the ref in those spans: 1 where the log has named it. */
  #named = new Uint8Array(0)
  /** Samples may be missing: who read the log left out what chunks have, and one was not attached. */
  isMisled = false

  constructor(head: Head, table: HeadChunkTable) {
    this.#head = head
    this.#table = table
  }

  /** What the chunks have, as far as it can be foreseen that all of them are attached. */
  spans(): CoveredSpans | undefined {
    const usable = { kinds: attachableKinds, fromMs: this.#head.validFromMs }
    return chunkSpans(this.#table, usable)
  }

  /** Who reads the log leaves out what these spans cover. */
  leaveOut(spans: CoveredSpans | undefined): void {
    this.#leftOut = spans
    this.#named = new Uint8Array(spans?.leftOut.length ?? 0)
  }

  /** Chunks of the ref are not attached, or its samples have no series. */
  noteUnattached(ref: number): void {
    if (this.#leftOut !== undefined && hasSpans(this.#leftOut, ref)) this.#mislead()
  }

  /** What follows may have a gap: a chunk of it in a file would be believed at the next start. */
  #mislead(): void {
    this.isMisled = true
    this.#head.closed.endFile()
  }

  /** When the next chunk of the series begins; infinite where there is none. */
  nextMs(series: number): number {
    return this.#nextMs[series] ?? noChunk
  }

  /** The chunks of a ref belong to this series; those of one ref at a time wait. */
  expect(ref: number, series: number): void {
    if (this.#table.count === 0) return
    if (this.#leftOut !== undefined) this.#named[ref - this.#leftOut.firstRef] = 1
    if (this.nextMs(series) !== noChunk) {
      this.noteUnattached(ref)
      return
    }
    if (series >= this.#nextMs.length) this.#grow(series)
    this.#waitFrom(series, this.#table.firstOf(ref), ref)
  }

  /** The series is gone, and so are its chunks. */
  forget(series: number): void {
    if (series < this.#nextMs.length) this.#nextMs[series] = noChunk
  }

  /** The log is at this time of the series: attaches what begins by then and follows its newest. */
  attachUntil(series: number, timestampMs: number): void {
    while (this.nextMs(series) <= timestampMs) {
      const place = this.#places[series] ?? 0
      const chunk = this.#table.at(place)
      if (chunk === undefined) return
      if (chunk.minTimeMs > this.#head.chunks.newestMs(series)) {
        this.#head.attach(series, chunk)
      } else this.noteUnattached(chunk.ref)
      this.#waitFrom(series, place + 1, chunk.ref)
    }
  }

  /** The log is over: what still follows is attached, if the log should have lost its samples. */
  finish(): void {
    for (let series = 0; series < this.#nextMs.length; series++) {
      if (this.nextMs(series) !== noChunk) this.attachUntil(series, Number.MAX_VALUE)
    }
    const { leftOut } = this.#leftOut ?? {}
    if (leftOut?.some((isLeftOut, place) => isLeftOut > (this.#named[place] ?? 0)) === true) {
      this.#mislead()
    }
  }

  #waitFrom(series: number, place: number, ref: number): void {
    const table = this.#table
    let next = place
    while (table.isOf(next, ref) && !this.#isUsable(table.rowOf(next))) next++
    this.#places[series] = next
    this.#nextMs[series] = table.isOf(next, ref) ? table.minTimeMs(table.rowOf(next)) : noChunk
  }

  #isUsable(row: number): boolean {
    const table = this.#table
    if (attachableKinds[table.kind(row)] !== 1) return false
    return table.maxTimeMs(row) >= this.#head.validFromMs
  }

  #grow(series: number): void {
    const length = 2 ** Math.ceil(Math.log2(series + 2))
    const [times, places] = [this.#nextMs, this.#places]
    this.#nextMs = new Float64Array(length).fill(noChunk)
    this.#nextMs.set(times)
    this.#places = new Uint32Array(length)
    this.#places.set(places)
  }
}
