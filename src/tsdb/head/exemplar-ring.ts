import {
  type Exemplar,
  exemplarCharacters,
  exemplarCharactersMax,
  exemplarLabelsHash,
  exemplarTimeMsMax,
} from '../../model/exemplar.ts'
import type { Labels } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import { type ExemplarRefusalCode, exemplarRefusal } from '../../storage/appender.ts'
import type { ExemplarStats, SeriesExemplars } from '../../storage/exemplars.ts'
import type { TimeRange } from '../../storage/querier.ts'
import { ExemplarSlots, noSlot } from './exemplar-slots.ts'

/** Series looked at between two looks at the clock. */
const seriesPerStep = 64

/** The exemplars of one label set: it may outlive its series in the head, and be another one's. */
interface SeriesEntry {
  ref: number
  readonly key: string
  readonly labels: Labels
  oldest: number
  newest: number
}

/** A series of the head by its ref; `labels` is asked for where the ref is not known here. */
export interface ExemplarSeries {
  readonly ref: number
  labels(): Labels
}

/** The very exemplar is there already. */
const known = -1

/**
 * The newest exemplars of all series, as many as it has room for (row T4.13): the next one takes the
 * place of the one that came first. Rules and order are upstream's (tsdb/exemplar.go). Series are
 * told apart by their labels, so that exemplars outlive a series that leaves the head and comes back.
 */
export class ExemplarRing {
  #slots = new ExemplarSlots(0)
  #entries: (SeriesEntry | undefined)[] = []
  readonly #entryOfRef = new Map<number, SeriesEntry>()
  readonly #entryOfKey = new Map<string, SeriesEntry>()
  #appended = 0
  #outOfOrder = 0
  /** How much older than its series' newest an exemplar may be; 0: not at all. */
  outOfOrderWindowMs = 0

  /** 0: nothing is kept. */
  get capacity(): number {
    return this.#slots.capacity
  }

  stats(): ExemplarStats {
    const { capacity, stored } = this.#slots
    return {
      appended: this.#appended,
      outOfOrder: this.#outOfOrder,
      stored,
      series: this.#entryOfKey.size,
      capacity,
      oldestMs: stored === 0 ? 0 : this.#slots.timestampMs(this.#slots.oldest),
    }
  }

  /** Why add would refuse it, 0 when it would not. */
  check(series: ExemplarSeries, exemplar: Exemplar): ExemplarRefusalCode | 0 | typeof known {
    return this.#verdict(this.#find(series), exemplar)
  }

  /** Answers why it was refused, 0 when it was not; what is there already is passed over. */
  add(series: ExemplarSeries, exemplar: Exemplar): ExemplarRefusalCode | 0 {
    if (this.capacity === 0) return 0
    const found = this.#find(series)
    const verdict = this.#verdict(found, exemplar)
    if (verdict === exemplarRefusal.outOfOrder) this.#outOfOrder++
    if (verdict !== 0) return verdict === known ? 0 : verdict
    if (found !== undefined && this.#hasBetween(found, exemplar.timestampMs)) return 0
    if (this.#slots.stored === this.capacity) this.#dropOldest()
    const entry = this.#find(series) ?? this.#newEntry(series)
    const slot = this.#slots.put(exemplar)
    this.#entries[slot] = entry
    this.#link(entry, slot)
    this.#appended++
    return 0
  }

  /** Refs of the series that exemplars are stored of. */
  refs(): ReadonlySet<number> {
    return new Set(this.#entryOfRef.keys())
  }

  /** All exemplars with the refs of their series, in the order in which they came. */
  each(visit: (ref: number, exemplar: Exemplar) => void): void {
    const slots = this.#slots
    for (let index = 0; index < slots.stored; index++) {
      const slot = slots.at(index)
      const entry = this.#entries[slot]
      if (entry !== undefined) visit(entry.ref, slots.read(slot))
    }
  }

  /** Keeps the newest that there is room for. */
  resize(capacity: number): void {
    const old = this.#slots
    if (capacity === old.capacity) return
    while (old.stored > capacity) this.#dropOldest()
    const slots = new ExemplarSlots(capacity)
    const entries: (SeriesEntry | undefined)[] = []
    const places = new Map<number, number>([[noSlot, noSlot]])
    for (let index = 0; index < old.stored; index++) {
      const from = old.at(index)
      const to = slots.put(old.read(from))
      places.set(from, to)
      entries[to] = this.#entries[from]
    }
    for (const [from, to] of places) {
      if (from === noSlot) continue
      slots.next[to] = places.get(old.next[from] ?? noSlot) ?? noSlot
      slots.previous[to] = places.get(old.previous[from] ?? noSlot) ?? noSlot
    }
    for (const entry of this.#entryOfKey.values()) {
      entry.oldest = places.get(entry.oldest) ?? noSlot
      entry.newest = places.get(entry.newest) ?? noSlot
    }
    this.#slots = slots
    this.#entries = entries
  }

  /** ExemplarSource.select; `turn` is awaited between steps. */
  async *select(
    sets: readonly (readonly Matcher[])[],
    range: TimeRange,
    turn: () => Promise<void> | undefined,
  ): AsyncGenerator<SeriesExemplars> {
    const found: SeriesExemplars[] = []
    let step = 0
    for (const entry of this.#entryOfKey.values()) {
      if (step++ % seriesPerStep === 0) await turn()
      if (!this.#reaches(entry, range)) continue
      if (!sets.some((matchers) => matchesAll(entry.labels, matchers))) continue
      const exemplars = this.#exemplarsOf(entry, range)
      if (exemplars.length > 0) found.push({ labels: entry.labels, exemplars })
    }
    found.sort((a, b) => a.labels.compare(b.labels))
    for (const series of found) {
      if (step++ % seriesPerStep === 0) await turn()
      yield series
    }
  }

  #reaches(entry: SeriesEntry, { minTimeMs, maxTimeMs }: TimeRange): boolean {
    const slots = this.#slots
    // An exemplar that went while others had their turn took its series along.
    if (entry.oldest === noSlot) return false
    return (
      slots.timestampMs(entry.oldest) <= maxTimeMs && slots.timestampMs(entry.newest) >= minTimeMs
    )
  }

  #exemplarsOf(entry: SeriesEntry, { minTimeMs, maxTimeMs }: TimeRange): readonly Exemplar[] {
    const slots = this.#slots
    const exemplars: Exemplar[] = []
    for (let slot = entry.oldest; slot !== noSlot; slot = slots.next[slot] ?? noSlot) {
      const timestampMs = slots.timestampMs(slot)
      if (timestampMs > maxTimeMs) break
      if (timestampMs >= minTimeMs) exemplars.push(slots.read(slot))
    }
    return exemplars
  }

  /** A series that came back has another ref: its label set is known. */
  #find(series: ExemplarSeries): SeriesEntry | undefined {
    const entry = this.#entryOfRef.get(series.ref)
    if (entry !== undefined || this.#entryOfKey.size === 0) return entry
    const cameBack = this.#entryOfKey.get(series.labels().key())
    if (cameBack === undefined) return undefined
    this.#entryOfRef.delete(cameBack.ref)
    cameBack.ref = series.ref
    this.#entryOfRef.set(cameBack.ref, cameBack)
    return cameBack
  }

  #newEntry(series: ExemplarSeries): SeriesEntry {
    const labels = series.labels()
    const entry = { ref: series.ref, key: labels.key(), labels, oldest: noSlot, newest: noSlot }
    this.#entryOfRef.set(entry.ref, entry)
    this.#entryOfKey.set(entry.key, entry)
    return entry
  }

  #verdict(
    entry: SeriesEntry | undefined,
    exemplar: Exemplar,
  ): ExemplarRefusalCode | 0 | typeof known {
    const slots = this.#slots
    if (entry !== undefined && slots.isSame(entry.newest, exemplar)) return known
    if (exemplarCharacters(exemplar.labels) > exemplarCharactersMax) {
      return exemplarRefusal.labelsTooLong
    }
    const { timestampMs } = exemplar
    if (Math.abs(timestampMs) > exemplarTimeMsMax) return exemplarRefusal.outOfBounds
    if (entry === undefined) return 0
    const newestMs = slots.timestampMs(entry.newest)
    if (timestampMs > newestMs) return 0
    if (timestampMs < newestMs) {
      return timestampMs <= newestMs - this.outOfOrderWindowMs ? exemplarRefusal.outOfOrder : 0
    }
    return this.#isBefore(exemplar, entry.newest) ? exemplarRefusal.outOfOrder : 0
  }

  /** Upstream's order of exemplars of one time, so that each is seen once. */
  #isBefore({ value, labels }: Exemplar, slot: number): boolean {
    const newest = this.#slots.read(slot)
    if (value !== newest.value) return value < newest.value
    return exemplarLabelsHash(labels) < exemplarLabelsHash(newest.labels)
  }

  /** Whether an exemplar of that time stands among those of the series that are not its newest. */
  #hasBetween(entry: SeriesEntry, timestampMs: number): boolean {
    const slots = this.#slots
    if (timestampMs >= slots.timestampMs(entry.newest)) return false
    const before = this.#lastUpTo(entry, timestampMs)
    return before !== noSlot && slots.timestampMs(before) === timestampMs
  }

  #lastUpTo(entry: SeriesEntry, timestampMs: number): number {
    const slots = this.#slots
    let slot = entry.newest
    while (slot !== noSlot && slots.timestampMs(slot) > timestampMs) {
      slot = slots.previous[slot] ?? noSlot
    }
    return slot
  }

  #link(entry: SeriesEntry, slot: number): void {
    const { next, previous } = this.#slots
    const before = this.#lastUpTo(entry, this.#slots.timestampMs(slot))
    const after = before === noSlot ? entry.oldest : (next[before] ?? noSlot)
    previous[slot] = before
    next[slot] = after
    if (before === noSlot) entry.oldest = slot
    else next[before] = slot
    if (after === noSlot) entry.newest = slot
    else previous[after] = slot
  }

  #dropOldest(): void {
    const slots = this.#slots
    const slot = slots.oldest
    const entry = this.#entries[slot]
    this.#entries[slot] = undefined
    const before = slots.previous[slot] ?? noSlot
    const after = slots.next[slot] ?? noSlot
    slots.drop()
    if (entry === undefined) return
    if (before === noSlot) entry.oldest = after
    else slots.next[before] = after
    if (after === noSlot) entry.newest = before
    else slots.previous[after] = before
    if (entry.oldest !== noSlot) return
    this.#entryOfRef.delete(entry.ref)
    this.#entryOfKey.delete(entry.key)
  }
}

function matchesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)))
}
