import { Lazy } from '../../base/lazy.ts'
import { NativeHistogram, resetHint } from '../../model/histogram.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import type { HistogramCursor, HistogramRows } from '../../storage/querier.ts'
import { allBeyondZero, usesCustomBuckets } from './arithmetic.ts'
import { HistogramBlock, recordOf } from './histogram-block.ts'
import { detectReset } from './reset.ts'

/** Where a column holds no place but a stale marker. */
export const stalePlace = -1

const noDoubles = new Float64Array(0)

/** What is wanted of the histograms that are read. */
export interface HistogramReading {
  readonly keepsStale: boolean
  /** Of 'statistics' only count, sum, schema, and a hint that knows of resets. */
  readonly parts: 'whole' | 'statistics'
}

/**
 * The native histograms of one series, sorted by time: a column of times and one of places in a
 * block. Reused for one series after the other.
 */
export class HistogramColumns {
  count = 0
  timestampsMs = noDoubles
  /** Places in `block`; stalePlace for a stale marker. */
  places = noDoubles
  /** Start timestamps, 0 for none, where they are wanted. */
  startsMs: Float64Array | undefined
  readonly block = new HistogramBlock()
  // Most series have none.
  readonly #scratches = new Lazy(() => ({
    now: new NativeHistogram(),
    last: new NativeHistogram(),
  }))
  #hasLast = false
  /** 1 where a counter started again; valid up to #resetsKnown. */
  #resets = new Uint8Array(0)
  #resetsKnown = 0

  constructor(wantsStarts = false) {
    this.wantStarts(wantsStarts)
  }

  wantStarts(wanted: boolean): void {
    if (!wanted) this.startsMs = undefined
    else this.startsMs ??= new Float64Array(this.places.length)
  }

  get #scratch(): NativeHistogram {
    return this.#scratches.value.now
  }

  get #last(): NativeHistogram {
    return this.#scratches.value.last
  }

  clear(): void {
    this.count = 0
    this.#resetsKnown = 0
    this.block.clear()
  }

  /** Holds all that the cursor gives. */
  read(cursor: HistogramCursor, { keepsStale, parts }: HistogramReading): void {
    this.clear()
    this.#hasLast = false
    while (cursor.next()) {
      const rows = parts === 'whole' ? cursor.rows?.(Number.POSITIVE_INFINITY) : undefined
      if (rows !== undefined) {
        this.#addRows(rows)
        continue
      }
      cursor.fill(this.#scratch)
      if (!this.#scratch.isStale) {
        this.#scratch.isFloat = true
        if (parts === 'statistics') this.#dropBuckets()
        this.add(cursor.timestampMs, this.block.store(this.#scratch), cursor.startMs)
      } else if (keepsStale) this.add(cursor.timestampMs, stalePlace, cursor.startMs)
    }
  }

  #addRows(rows: HistogramRows): void {
    const { cells, width, from, count } = rows
    let place = this.block.storeRows(rows)
    for (let row = 0; row < count; row++, place += recordOf(width)) {
      this.add(cells[from + row * width] ?? 0, place)
    }
  }

  /** Once the buckets have told whether the counter started again. */
  #dropBuckets(): void {
    const histogram = this.#scratch
    const { schema } = histogram
    if (this.#hasLast && histogram.hint === resetHint.unknown) {
      const isReset = detectReset(histogram, this.#last)
      histogram.hint = isReset ? resetHint.reset : resetHint.notReset
    }
    this.#last.copyFrom(histogram)
    this.#hasLast = true
    histogram.clearLayout()
    histogram.schema = schema
    histogram.zeroCount = 0
  }

  add(timestampMs: number, place: number, startMs = 0): void {
    const { count } = this
    if (count === this.places.length) this.#grow()
    this.timestampsMs[count] = timestampMs
    this.places[count] = place
    if (this.startsMs !== undefined) this.startsMs[count] = startMs
    this.count = count + 1
  }

  /**
   * Takes over a histogram that an expression gave. What its hint says holds beside a neighbour
   * that may not be here: only that it is a gauge is kept.
   */
  addComputed(timestampMs: number, from: HistogramBlock, place: number): void {
    const hint = from.hintAt(place)
    if (hint === resetHint.gauge || hint === resetHint.unknown) {
      this.add(timestampMs, this.block.copyFrom(from, place))
      return
    }
    from.load(place, this.#scratch)
    this.#scratch.hint = resetHint.unknown
    this.add(timestampMs, this.block.store(this.#scratch))
  }

  /** Whether a counter started again between a histogram and the one before, asked once for each. */
  isResetAt(index: number): boolean {
    if (this.#resetsKnown === 0) this.#findResets()
    return this.#resets[index] === 1
  }

  #findResets(): void {
    if (this.#resets.length < this.count) this.#resets = new Uint8Array(this.places.length)
    this.#resets[0] = 0
    for (let index = 1; index < this.count; index++) {
      this.#resets[index] = this.#startsAgain(index) ? 1 : 0
    }
    this.#resetsKnown = this.count
  }

  /**
   * Whether all are one counter that never starts again, in one layout that no bucket need leave: what
   * it grows by is then a plain difference.
   */
  get isPlainCounter(): boolean {
    if (this.count < 2 || this.startsMs !== undefined) return false
    const [first = stalePlace] = this.places
    const { block } = this
    for (let index = 0; index < this.count; index++) {
      const place = this.places[index] ?? stalePlace
      const isAlike = place !== stalePlace && block.sharesLayout(first, place)
      if (!isAlike || block.hintAt(place) === resetHint.gauge) return false
    }
    for (let index = 1; index < this.count; index++) if (this.isResetAt(index)) return false
    block.load(first, this.#scratch)
    return isWholeLayout(this.#scratch)
  }

  /** Most hints say so; only the others need the buckets. */
  #startsAgain(index: number): boolean {
    const hint = this.block.hintAt(this.places[index] ?? 0)
    if (hint === resetHint.notReset) return false
    if (hint === resetHint.reset) return true
    this.load(index - 1, this.#last)
    this.load(index, this.#scratch)
    return detectReset(this.#scratch, this.#last)
  }

  load(index: number, into: NativeHistogram): void {
    this.block.load(this.places[index] ?? 0, into)
  }

  /** The samples that upstream counts them as, from one on to before another (row Q12.1). */
  samples(from: number, to: number): number {
    let samples = 0
    let each = 0
    let layout = stalePlace
    for (let index = from; index < to; index++) {
      const place = this.places[index] ?? stalePlace
      if (place === stalePlace) continue
      if (this.block.layoutAt(place) !== layout) {
        layout = this.block.layoutAt(place)
        each = this.block.samplesAt(place)
      }
      samples += each
    }
    return samples
  }

  #grow(): void {
    const size = Math.max(16, this.count * 2)
    const timestampsMs = new Float64Array(size)
    const places = new Float64Array(size)
    timestampsMs.set(this.timestampsMs)
    places.set(this.places)
    this.timestampsMs = timestampsMs
    this.places = places
    if (this.startsMs === undefined) return
    const { startsMs } = this
    this.startsMs = new Float64Array(size)
    this.startsMs.set(startsMs)
  }
}

/** Whether a histogram that counts in every bucket is compact as it is; its buckets are lost. */
function isWholeLayout(histogram: NativeHistogram): boolean {
  if (usesCustomBuckets(histogram) || !allBeyondZero(histogram)) return false
  const { positiveSpanCount, negativeSpanCount } = histogram
  histogram.positiveBuckets.fill(1)
  histogram.negativeBuckets.fill(1)
  const spans = [...histogram.positiveSpans, ...histogram.negativeSpans]
  compactHistogram(histogram)
  const after = [...histogram.positiveSpans, ...histogram.negativeSpans]
  return (
    histogram.positiveSpanCount === positiveSpanCount &&
    histogram.negativeSpanCount === negativeSpanCount &&
    spans.every((number, index) => after[index] === number)
  )
}
