import { messageOf, NarthexError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Labels } from '../model/labels.ts'
import type { SeriesId } from '../model/samples.ts'
import { halvesOf, writeStaleAt } from '../model/stale-nan.ts'
import { type Appendable, type Appender, refusal } from '../storage/appender.ts'
import { refusalTexts, refusedFloatText } from '../storage/refusal-texts.ts'
import type { RuleSeries } from './rule-sample.ts'

interface WrittenSeries {
  readonly key: string
  readonly labels: Labels
  readonly id: SeriesId
}

/** The series that a rule wrote at its last evaluation, by the key of their labels. */
export class WrittenSet {
  series: ReadonlyMap<string, WrittenSeries> = new Map()
  /** The ids are valid while the database's epoch is this. */
  epoch = -1
  /** The label sets that it was handed, and the series of each. */
  labels: readonly Labels[] = []
  rows: readonly WrittenSeries[] = []
  ids: Uint32Array = new Uint32Array(0)
}

/** Refused for being late, twice, or old: told once for all samples, and not for markers at all. */
const expected: ReadonlySet<number> = new Set([
  refusal.outOfOrder,
  refusal.duplicateTimestamp,
  refusal.tooOld,
])

const summaries: readonly (readonly [code: number, words: string])[] = [
  [refusal.outOfOrder, 'Error on ingesting out-of-order result from rule evaluation'],
  [refusal.tooOld, 'Error on ingesting too old result from rule evaluation'],
  [
    refusal.duplicateTimestamp,
    'Error on ingesting results from rule evaluation with different value but same timestamp',
  ],
]

export interface WriteOutcome {
  /** What went wrong in words, '' where nothing did. */
  readonly fault: string
  /** Nothing at all was written. */
  readonly isLost: boolean
}

const allWell: WriteOutcome = { fault: '', isLost: false }

/** By row, why it was refused. */
type Codes = ReadonlyMap<number, number>

const noCodes: Codes = new Map()
const noTimes = new Float64Array(0)
const timesAtFirst = 64

/**
 * Writes what rules answered of which none reads the other's series, in one commit, so that the next
 * ones read them (row R2.2), and stale markers for series that are gone (row R2.6). Protocol: add()
 * for each rule, then commit(), within one turn of the event loop. No two of the rules may write the
 * same series.
 */
export class RuleWriter {
  readonly #appendable: Appendable
  readonly #appender: Appender
  readonly #timeMs: number
  #times = noTimes
  /** What holds when the commit has been. */
  readonly #onCommit: (() => void)[] = []

  constructor(appendable: Appendable, timeMs: number) {
    this.#appendable = appendable
    this.#appender = appendable.appender()
    this.#timeMs = timeMs
  }

  add(found: RuleSeries, written: WrittenSet, logger: () => Logger): WriteOutcome {
    if (found.labels.length === 0 && written.series.size === 0) return allWell
    const { epoch } = this.#appendable
    const isKnown = written.epoch === epoch
    const isSame = isKnown && found.labels === written.labels
    try {
      const rows = isSame ? written.rows : this.#rowsOf(found.labels, isKnown ? written : undefined)
      const ids = isSame ? written.ids : Uint32Array.from(rows, ({ id }) => id)
      const codes = this.#append(found, rows, ids)
      // The series of a set that was written as a whole are still those that are kept.
      if (isSame && codes.size === 0 && written.series.size === rows.length) return allWell
      const taken = new Map<string, WrittenSeries>()
      for (const [row, series] of rows.entries()) {
        if ((codes.get(row) ?? 0) === 0) taken.set(series.key, series)
      }
      this.#markGone(written.series, taken, isKnown, logger)
      this.#onCommit.push(() => {
        Object.assign(written, { series: taken, epoch, labels: found.labels, rows, ids })
      })
      const textOf = (row: number, code: number) => {
        if (found.histograms.has(row)) return refusalTexts[code] ?? `refused for reason ${code}`
        const sample = {
          id: ids[row] ?? 0,
          timestampMs: this.#timeMs,
          value: found.values[row] ?? 0,
        }
        return refusedFloatText(this.#appender, code, sample)
      }
      return { fault: told(codes, textOf, logger), isLost: false }
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      logger().warn('Rule sample appending failed', { err: messageOf(thrown) })
      return { fault: thrown.message, isLost: true }
    }
  }

  /** Marks series as stale that no rule writes any more. */
  markStale(series: Iterable<Labels>, logger: () => Logger): void {
    const gone = new Map<string, WrittenSeries>()
    for (const labels of series) gone.set(labels.key(), this.#seriesOf(labels))
    this.#markGone(gone, new Map(), true, logger)
  }

  /** Throws NarthexError: then nothing at all was written. */
  commit(): void {
    try {
      this.#appender.commit()
    } catch (thrown) {
      this.#appender.rollback()
      throw thrown
    }
    for (const remember of this.#onCommit) remember()
  }

  rollback(): void {
    this.#appender.rollback()
  }

  #seriesOf(labels: Labels): WrittenSeries {
    return { key: labels.key(), labels, id: this.#appender.series(labels) }
  }

  #rowsOf(labels: readonly Labels[], known: WrittenSet | undefined): readonly WrittenSeries[] {
    return labels.map((set) => known?.series.get(set.key()) ?? this.#seriesOf(set))
  }

  #append(
    { values, histograms }: RuleSeries,
    rows: readonly WrittenSeries[],
    ids: Uint32Array,
  ): Codes {
    if (histograms.size === 0) return this.#appendFloats(ids, values)
    const floats = [...rows.keys()].filter((row) => !histograms.has(row))
    const codes = new Map<number, number>()
    const refused = this.#appendFloats(
      Uint32Array.from(floats, (row) => ids[row] ?? 0),
      Float64Array.from(floats, (row) => values[row] ?? 0),
    )
    for (const [index, code] of refused) codes.set(floats[index] ?? 0, code)
    for (const [row, { id }] of rows.entries()) {
      const histogram = histograms.get(row)
      if (histogram === undefined) continue
      const code = this.#appender.appendHistogram(id, this.#timeMs, histogram)
      if (code !== 0) codes.set(row, code)
    }
    return codes
  }

  /** Stale markers for what is in `before` and was not taken now. */
  #markGone(
    before: ReadonlyMap<string, WrittenSeries>,
    taken: ReadonlyMap<string, WrittenSeries>,
    areIdsValid: boolean,
    logger: () => Logger,
  ): void {
    const gone = [...before.values()].filter(({ key }) => !taken.has(key))
    if (gone.length === 0) return
    const ids = gone.map(({ labels, id }) => (areIdsValid ? id : this.#appender.series(labels)))
    const values = new Float64Array(ids.length)
    const halves = halvesOf(values)
    for (let index = 0; index < ids.length; index++) writeStaleAt(halves, index)
    for (const code of this.#appendFloats(Uint32Array.from(ids), values).values()) {
      if (expected.has(code)) continue
      logger().warn('Adding stale sample failed', { err: refusalTexts[code] })
    }
  }

  /** At least so many times: the same for all that is written. */
  #timesOf(count: number): Float64Array {
    if (this.#times.length < count) {
      this.#times = new Float64Array(Math.max(count, timesAtFirst)).fill(this.#timeMs)
    }
    return this.#times
  }

  #appendFloats(ids: Uint32Array, values: Float64Array): Codes {
    const { length } = ids
    if (length === 0) return noCodes
    const times = this.#timesOf(length)
    const options = { discardOutOfOrder: true }
    const outcome = this.#appender.append(ids, times, values, length, undefined, options)
    if (outcome.refused === 0) return noCodes
    const codes = new Map<number, number>()
    for (let index = 0; index < outcome.refused; index++) {
      codes.set(outcome.refusedIndex[index] ?? 0, outcome.refusedCode[index] ?? 0)
    }
    return codes
  }
}

/** Logs what was refused; answers the words of the last refusal, '' where there is none. */
function told(
  codes: Codes,
  textOf: (row: number, code: number) => string,
  logger: () => Logger,
): string {
  const counts = new Map<number, number>()
  let fault = ''
  for (const [row, code] of codes) {
    fault = textOf(row, code)
    counts.set(code, (counts.get(code) ?? 0) + 1)
    if (!expected.has(code)) logger().warn('Rule evaluation result discarded', { err: fault })
  }
  for (const [code, words] of summaries) {
    const dropped = counts.get(code) ?? 0
    if (dropped > 0) logger().warn(words, { num_dropped: dropped })
  }
  return fault
}
