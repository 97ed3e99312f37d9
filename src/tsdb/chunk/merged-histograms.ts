import { at } from '../../base/assert.ts'
import { type NativeHistogram, resetHint } from '../../model/histogram.ts'
import type { HistogramCursor, HistogramRows } from '../../storage/querier.ts'

const none = -1

/** The histograms of several cursors, the newest last, merged by time: of equal times the last. */
export class MergedHistograms implements HistogramCursor {
  readonly #cursors: readonly HistogramCursor[]
  readonly #isLive: Uint8Array
  /** The one whose histogram is at hand. */
  #chosen = none
  /** It also gave the one before, with nothing between. */
  #isFollowing = false

  constructor(cursors: readonly HistogramCursor[]) {
    this.#cursors = cursors
    this.#isLive = Uint8Array.from(cursors, (cursor) => (cursor.next() ? 1 : 0))
  }

  get timestampMs(): number {
    return at(this.#cursors, this.#chosen).timestampMs
  }

  get startMs(): number {
    return at(this.#cursors, this.#chosen).startMs
  }

  next(): boolean {
    const before = this.#chosen
    if (before !== none) this.#pass(this.timestampMs)
    this.#chosen = none
    this.#cursors.forEach((cursor, index) => {
      if (this.#isLive[index] === 0) return
      if (this.#chosen === none || cursor.timestampMs <= this.timestampMs) this.#chosen = index
    })
    this.#isFollowing = this.#chosen === before
    return this.#chosen !== none
  }

  /** Past every histogram of that time: what is not handed out is known by a later source. */
  #pass(timestampMs: number): void {
    this.#cursors.forEach((cursor, index) => {
      if (this.#isLive[index] === 0 || cursor.timestampMs !== timestampMs) return
      this.#isLive[index] = cursor.next() ? 1 : 0
    })
  }

  fill(into: NativeHistogram): void {
    at(this.#cursors, this.#chosen).fill(into)
    if (!this.#isFollowing && into.hint === resetHint.notReset) into.hint = resetHint.unknown
  }

  rows(beforeMs: number): HistogramRows | undefined {
    let limitMs = beforeMs
    this.#cursors.forEach((cursor, index) => {
      if (index === this.#chosen || this.#isLive[index] === 0) return
      limitMs = Math.min(limitMs, cursor.timestampMs)
    })
    const rows = at(this.#cursors, this.#chosen).rows?.(limitMs)
    if (rows === undefined || this.#isFollowing) return rows
    if (rows.firstHint === resetHint.notReset) rows.firstHint = resetHint.unknown
    return rows
  }
}
