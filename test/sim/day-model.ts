import type { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, writeStaleAt } from '../../src/model/stale-nan.ts'
import type { TimeRange } from '../../src/storage/querier.ts'

export const sampleKind = { float: 0, histogram: 1 } as const

/** Samples of one series: of a histogram its value is a digest, or the stale marker. */
export class SeriesModel {
  timesMs = new Float64Array(64)
  values = new Float64Array(64)
  halves = halvesOf(this.values)
  kinds = new Uint8Array(64)
  isGone = new Uint8Array(64)
  count = 0

  constructor(readonly labels: ReadonlyMap<string, string>) {}

  /** Copies the value at an index of a column, bit for bit. */
  add(timeMs: number, kind: number, from: Float64Array, at: number): void {
    if (this.count === this.kinds.length) this.#grow()
    this.timesMs[this.count] = timeMs
    this.values.set(from.subarray(at, at + 1), this.count)
    this.kinds[this.count++] = kind
  }

  addStale(timeMs: number, kind: number): void {
    this.add(timeMs, kind, new Float64Array(1), 0)
    writeStaleAt(this.halves, this.count - 1)
  }

  satisfies(matchers: readonly Matcher[]): boolean {
    return matchers.every((matcher) => matcher.matches(this.labels.get(matcher.name) ?? ''))
  }

  #grow(): void {
    const { timesMs, values, kinds, isGone } = this
    const length = this.count * 2
    this.timesMs = new Float64Array(length)
    this.timesMs.set(timesMs)
    this.values = new Float64Array(length)
    this.values.set(values)
    this.halves = halvesOf(this.values)
    this.kinds = new Uint8Array(length)
    this.kinds.set(kinds)
    this.isGone = new Uint8Array(length)
    this.isGone.set(isGone)
  }
}

/** Everything that was written, and what of it was deleted. */
export class DayModel {
  readonly series = new Map<string, SeriesModel>()
  /** Retention has taken what is older. */
  keptFromMs = Number.NEGATIVE_INFINITY
  newestMs = Number.NEGATIVE_INFINITY

  of(name: string, labels: ReadonlyMap<string, string>): SeriesModel {
    let series = this.series.get(name)
    if (series === undefined) {
      series = new SeriesModel(labels)
      this.series.set(name, series)
    }
    return series
  }

  /** Answers how many samples are gone by it. */
  delete(matchers: readonly Matcher[], { minTimeMs, maxTimeMs }: TimeRange): number {
    let deleted = 0
    for (const series of this.series.values()) {
      if (!series.satisfies(matchers)) continue
      for (let at = 0; at < series.count; at++) {
        const timeMs = series.timesMs[at] ?? 0
        if (timeMs < minTimeMs || timeMs > maxTimeMs || series.isGone[at] === 1) continue
        series.isGone[at] = 1
        deleted++
      }
    }
    return deleted
  }

  /** When the first sample at or behind a time was written, deleted or not; infinite for none. */
  firstAtOrAfter(timeMs: number): number {
    let first = Number.POSITIVE_INFINITY
    for (const { timesMs, count } of this.series.values()) {
      for (let at = count - 1; at >= 0 && (timesMs[at] ?? 0) >= timeMs; at--) {
        first = Math.min(first, timesMs[at] ?? 0)
      }
    }
    return first
  }

  /** How many samples there must be in a range, both ends included. */
  count({ minTimeMs, maxTimeMs }: TimeRange): number {
    let count = 0
    for (const { timesMs, isGone, count: written } of this.series.values()) {
      for (let at = 0; at < written; at++) {
        const timeMs = timesMs[at] ?? 0
        if (timeMs >= minTimeMs && timeMs <= maxTimeMs && isGone[at] === 0) count++
      }
    }
    return count
  }
}

/** A block by its times; the end is exclusive. */
export interface Span {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Which blocks there are at any moment, by the rules of Prometheus in words of their own: the head's
 * oldest range is flushed when the head spans one and a half; blocks but the newest that fill a
 * larger range become one, also when they do not reach its begin and a newer one is there; a block
 * goes when it ends as long as the retention before the newest.
 */
export class BlockPlan {
  blocks: Span[] = []
  /** Where the head begins. */
  headMinMs: number
  readonly #rangesMs: readonly number[]
  readonly #retentionMs: number
  readonly #firstAtOrAfter: (timeMs: number) => number

  /** Told when the first sample at or behind a time was written. */
  constructor(
    headMinMs: number,
    rangesMs: readonly number[],
    retentionMs: number,
    firstAtOrAfter: (timeMs: number) => number,
  ) {
    this.headMinMs = headMinMs
    this.#firstAtOrAfter = firstAtOrAfter
    this.#rangesMs = rangesMs
    this.#retentionMs = retentionMs
  }

  /** When nothing is left to do. */
  settle(newestMs: number): void {
    const [rangeMs = 0] = this.#rangesMs
    while (newestMs - this.headMinMs > rangeMs * 1.5) this.flush()
    while (this.#merge()) {
      // As long as there is something to merge.
    }
    const lastMs = Math.max(...this.blocks.map(({ maxMs }) => maxMs))
    this.blocks = this.blocks.filter(({ maxMs }) => lastMs - maxMs < this.#retentionMs)
  }

  flush(): void {
    const [rangeMs = 0] = this.#rangesMs
    const maxMs = (Math.floor(this.headMinMs / rangeMs) + 1) * rangeMs
    this.blocks.push({ minMs: this.headMinMs, maxMs })
    this.headMinMs = this.#firstAtOrAfter(maxMs)
  }

  #merge(): boolean {
    const older = this.blocks.slice(0, -1)
    const settledMs = older.at(-1)?.minMs ?? 0
    for (const rangeMs of this.#rangesMs.slice(1)) {
      for (const first of older) {
        const beginMs = Math.floor(first.minMs / rangeMs) * rangeMs
        const group = older.filter(
          ({ minMs, maxMs }) => minMs >= beginMs && maxMs <= beginMs + rangeMs,
        )
        const last = group.at(-1)
        if (group.length < 2 || group[0] !== first || last === undefined) continue
        if (last.maxMs - first.minMs !== rangeMs && last.maxMs > settledMs) continue
        const merged = { minMs: first.minMs, maxMs: last.maxMs }
        this.blocks = this.blocks.filter((block) => !group.includes(block)).concat(merged)
        this.blocks.sort((a, b) => a.minMs - b.minMs)
        return true
      }
    }
    return false
  }
}
