import { halvesOf } from '../../model/stale-nan.ts'
import { type CoveredTimes, coveredUntil, coverUntil, newCoveredTimes } from './covered-times.ts'
import type { RecordRows } from './record-index.ts'
import type { SampleColumns } from './sample-rows.ts'

/**
 * Spans of time of which somebody has all samples of a series already, by series ref: those of one
 * ref one after the other. Times are whole seconds behind `firstTimeMs`. Seen by several threads.
 */
export interface CoveredSpans {
  readonly firstRef: number
  readonly firstTimeMs: number
  /** By ref: where its spans begin; those of the last one end with the last element. */
  readonly starts: Uint32Array<SharedArrayBuffer>
  /** Of span i, its first and its last second at 2i. */
  readonly seconds: Int32Array<SharedArrayBuffer>
  /** By ref: 1 once a reader has left something out. */
  readonly leftOut: Uint8Array<SharedArrayBuffer>
}

/** Whether there are spans of the ref. */
export function hasSpans({ firstRef, starts }: CoveredSpans, ref: number): boolean {
  const place = ref - firstRef
  return (starts[place + 1] ?? 0) > (starts[place] ?? 0)
}

/** One reader's way through a log of which it leaves out what is covered. */
export class CoveredRows {
  readonly #spans: CoveredSpans
  /** By ref: how many of its spans the log has come to. */
  readonly #passed: Uint32Array
  /** Before when samples are left out by now: until the end of the span that was come to last. */
  readonly times: CoveredTimes

  constructor(spans: CoveredSpans) {
    const { firstRef, firstTimeMs, starts } = spans
    const refs = starts.length - 1
    this.#spans = spans
    this.#passed = new Uint32Array(refs)
    this.times = newCoveredTimes(firstRef, firstRef + refs - 1, firstTimeMs)
  }

  /** Of rows in the order of a log, moves those up that are needed, and answers where they end. */
  leaveOut({ refs, timestampsMs, values }: SampleColumns, start: number, end: number): number {
    const halves = halvesOf(values)
    let to = start
    let [ref, untilMs, nextMs] = [-1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let row = start; row < end; row++) {
      const timestampMs = timestampsMs[row] ?? 0
      if (refs[row] !== ref) {
        ref = refs[row] ?? 0
        untilMs = coveredUntil(this.times, ref)
        nextMs = this.#nextMs(ref)
      }
      if (timestampMs >= nextMs) {
        this.#come(ref, timestampMs)
        untilMs = coveredUntil(this.times, ref)
        nextMs = this.#nextMs(ref)
      }
      if (timestampMs < untilMs) continue
      if (to < row) {
        refs[to] = ref
        timestampsMs[to] = timestampMs
        halves[to * 2] = halves[row * 2] ?? 0
        halves[to * 2 + 1] = halves[row * 2 + 1] ?? 0
      }
      to++
    }
    return to
  }

  /** Whether all rows of a record are covered; then the log has come to where they end. */
  coversAll({ minTimeMs, maxTimeMs, runs }: RecordRows): boolean {
    for (let run = 0; run < runs.length; run += 2) {
      const last = runs[run + 1] ?? 0
      for (let ref = runs[run] ?? 0; ref <= last; ref++) {
        if (maxTimeMs < coveredUntil(this.times, ref)) continue
        // What the ref has of a record that begins in a span is, behind its end, not in that span.
        if (minTimeMs >= this.#nextMs(ref)) this.#come(ref, minTimeMs)
        if (!(maxTimeMs < coveredUntil(this.times, ref))) return false
      }
    }
    return true
  }

  /** When the ref's next span begins; infinite behind the last. */
  #nextMs(ref: number): number {
    const next = this.#next(ref)
    return next < 0 ? Number.POSITIVE_INFINITY : this.#timeMs(next * 2)
  }

  /** The span that the ref comes to next; -1 where there is none. */
  #next(ref: number): number {
    const { firstRef, starts } = this.#spans
    const place = ref - firstRef
    const next = (starts[place] ?? 0) + (this.#passed[place] ?? 0)
    return next < (starts[place + 1] ?? 0) ? next : -1
  }

  #timeMs(word: number): number {
    const { firstTimeMs, seconds } = this.#spans
    return firstTimeMs + (seconds[word] ?? 0) * 1_000
  }

  /** The log has come to this time of the ref. */
  #come(ref: number, timestampMs: number): void {
    const place = ref - this.#spans.firstRef
    for (let next = this.#next(ref); next >= 0; next = this.#next(ref)) {
      if (timestampMs < this.#timeMs(next * 2)) return
      this.#passed[place] = (this.#passed[place] ?? 0) + 1
      const lastMs = this.#timeMs(next * 2 + 1)
      if (timestampMs >= lastMs) continue
      coverUntil(this.times, ref, lastMs)
      this.#spans.leftOut[place] = 1
    }
  }
}
