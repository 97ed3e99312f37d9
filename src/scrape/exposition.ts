import type { MetricType } from '../storage/metadata.ts'

/** What a line of an exposition page is. */
export const entryKind = {
  end: 0,
  series: 1,
  type: 2,
  help: 3,
  unit: 4,
  comment: 5,
  /** A native histogram, which only some sources have. */
  histogram: 6,
} as const

export type EntryKind = (typeof entryKind)[keyof typeof entryKind]

/** A page that does not parse; the message is upstream's, line and column count from 1 in bytes. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError'
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message)
  }
}

/** An entry that tells something about a family. */
export interface FamilyEntry {
  /** Of the family that the page is at; new series are normalised by it. */
  metricType: MetricType
  /** The family of a type, help or unit. */
  familyName(): string
  /** Help, unit or comment as text, unescaped. */
  entryText(): string
}

/** An entry that is a series. */
export interface NamedSeries {
  /** Name and value in turn, unescaped, `le` and `quantile` normalised, __name__ first; not sorted. */
  labelPairs(): readonly string[]
}

/**
 * Reads a page entry by entry. Positions are bytes of the page; those of an entry hold until the
 * next call of next(). `position` may be set to the start of any line between two entries: the
 * series cache skips lines that it knows.
 */
export interface ExpositionParser extends FamilyEntry, NamedSeries {
  position: number
  /** Throws ExpositionError; entryKind.end at the end of the page. */
  next(): EntryKind
  /** The series as written, for entryKind.series. */
  readonly seriesStart: number
  readonly seriesEnd: number
  readonly value: number
  readonly hasTimestamp: boolean
  readonly timestampMs: number
  /** Exemplars of the series that was read, label pairs as written. */
  readonly exemplar: Exemplar | undefined
}

export interface Exemplar {
  readonly labelPairs: readonly string[]
  readonly value: number
  readonly timestampMs: number | undefined
}

export interface ParserOptions {
  /** Leaves _created lines of counters, summaries and histograms out. */
  readonly skipCreated: boolean
  /** Adds __type__ and __unit__ (row S3.5). */
  readonly typeAndUnitLabels: boolean
}
