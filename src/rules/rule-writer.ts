import { messageOf, NarthexError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Labels } from '../model/labels.ts'
import type { SeriesId } from '../model/samples.ts'
import { halvesOf, writeStaleAt } from '../model/stale-nan.ts'
import { type Appendable, type Appender, refusal } from '../storage/appender.ts'
import { refusalTexts } from '../storage/refusal-texts.ts'
import type { RuleSample } from './rule-sample.ts'

interface WrittenSeries {
  readonly labels: Labels
  readonly id: SeriesId
}

/** The series that a rule wrote at its last evaluation, by the key of their labels. */
export class WrittenSet {
  series: ReadonlyMap<string, WrittenSeries> = new Map()
  /** The ids are valid while the database's epoch is this. */
  epoch = -1
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

/**
 * Writes what a rule's evaluation answered, each rule in a commit of its own, so that the next one
 * reads it (row R2.2), and stale markers for series that are gone (row R2.6).
 */
export function writeSamples(
  appendable: Appendable,
  samples: readonly RuleSample[],
  timeMs: number,
  written: WrittenSet,
  logger: Logger,
): WriteOutcome {
  const { epoch } = appendable
  const known = written.epoch === epoch ? written.series : new Map<string, WrittenSeries>()
  const batch = new RuleBatch(appendable.appender(), timeMs)
  try {
    for (const sample of samples) batch.add(sample, known)
    const fault = batch.stage(logger)
    batch.markGone(written.series, known, logger)
    batch.commit()
    written.series = batch.taken
    written.epoch = epoch
    return { fault, isLost: false }
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    batch.rollback()
    logger.warn('Rule sample appending failed', { err: messageOf(thrown) })
    return { fault: thrown.message, isLost: true }
  }
}

/** Marks series as stale that no rule writes any more; false where it is to be tried again. */
export function markStale(
  appendable: Appendable,
  series: Iterable<Labels>,
  timeMs: number,
  logger: Logger,
): boolean {
  const batch = new RuleBatch(appendable.appender(), timeMs)
  try {
    const gone = new Map<string, WrittenSeries>()
    for (const labels of series) gone.set(labels.key(), { labels, id: batch.idOf(labels) })
    batch.markGone(gone, gone, logger)
    batch.commit()
    return true
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    batch.rollback()
    const words = 'Stale sample appending for previous configuration failed'
    logger.warn(words, { err: messageOf(thrown) })
    return false
  }
}

class RuleBatch {
  readonly #appender: Appender
  readonly #timeMs: number
  readonly #samples: {
    readonly key: string
    readonly id: SeriesId
    readonly sample: RuleSample
  }[] = []
  readonly taken = new Map<string, WrittenSeries>()

  constructor(appender: Appender, timeMs: number) {
    this.#appender = appender
    this.#timeMs = timeMs
  }

  idOf(labels: Labels): SeriesId {
    return this.#appender.series(labels)
  }

  add(sample: RuleSample, known: ReadonlyMap<string, WrittenSeries>): void {
    const key = sample.labels.key()
    this.#samples.push({ key, id: known.get(key)?.id ?? this.idOf(sample.labels), sample })
  }

  /** Answers the words of the last refusal. */
  stage(logger: Logger): string {
    const floats = this.#samples.filter(({ sample }) => sample.histogram === undefined)
    const values = Float64Array.from(floats, ({ sample }) => sample.value)
    const codes = this.#append(
      floats.map(({ id }) => id),
      values,
    )
    const counts = new Map<number, number>()
    let fault = ''
    const note = (code: number, key: string, sample: RuleSample, id: SeriesId) => {
      if (code === 0) {
        this.taken.set(key, { labels: sample.labels, id })
        return
      }
      fault = refusalTexts[code] ?? `refused for reason ${code}`
      counts.set(code, (counts.get(code) ?? 0) + 1)
      if (!expected.has(code)) logger.warn('Rule evaluation result discarded', { err: fault })
    }
    for (const [index, { key, sample, id }] of floats.entries()) {
      note(codes.get(index) ?? 0, key, sample, id)
    }
    for (const { key, id, sample } of this.#samples) {
      if (sample.histogram === undefined) continue
      note(this.#appender.appendHistogram(id, this.#timeMs, sample.histogram), key, sample, id)
    }
    for (const [code, words] of summaries) {
      const dropped = counts.get(code) ?? 0
      if (dropped > 0) logger.warn(words, { num_dropped: dropped })
    }
    return fault
  }

  /** Stale markers for what is in `before` and was not taken now. */
  markGone(
    before: ReadonlyMap<string, WrittenSeries>,
    known: ReadonlyMap<string, WrittenSeries>,
    logger: Logger,
  ): void {
    const gone = [...before].filter(([key]) => !this.taken.has(key))
    if (gone.length === 0) return
    const ids = gone.map(([key, { labels }]) => known.get(key)?.id ?? this.idOf(labels))
    const values = new Float64Array(ids.length)
    const halves = halvesOf(values)
    for (let index = 0; index < ids.length; index++) writeStaleAt(halves, index)
    for (const code of this.#append(ids, values).values()) {
      if (expected.has(code)) continue
      logger.warn('Adding stale sample failed', { err: refusalTexts[code] })
    }
  }

  commit(): void {
    this.#appender.commit()
  }

  rollback(): void {
    this.#appender.rollback()
  }

  /** Codes of what was refused, by index. */
  #append(ids: readonly SeriesId[], values: Float64Array): ReadonlyMap<number, number> {
    const codes = new Map<number, number>()
    if (ids.length === 0) return codes
    const times = new Float64Array(ids.length).fill(this.#timeMs)
    const outcome = this.#appender.append(
      Uint32Array.from(ids),
      times,
      values,
      ids.length,
      undefined,
      { discardOutOfOrder: true },
    )
    for (let index = 0; index < outcome.refused; index++) {
      codes.set(outcome.refusedIndex[index] ?? 0, outcome.refusedCode[index] ?? 0)
    }
    return codes
  }
}
