/** What one query cost (rows A2.3, Q12.7), as upstream counts it. */
export interface QueryStatistics {
  readonly preparationMs: number
  readonly evaluationMs: number
  /** Undefined where nothing had to be sorted. */
  readonly sortMs: number | undefined
  /** Without the wait for its turn. */
  readonly totalMs: number
  readonly queuedMs: number
  readonly samples: SampleStatistics
}

export interface SampleStatistics {
  /** Samples that evaluation looked at: a range's whole window counts at every step. */
  readonly looked: number
  /** Samples that were read: a range counts only what the step before had not seen. */
  readonly read: number
  /** The most that were held at a time. */
  readonly peak: number
  /** Both by step, where that was asked for. */
  readonly perStep: StepStatistics | undefined
}

export interface StepStatistics {
  readonly startMs: number
  readonly stepMs: number
  readonly looked: Float64Array
  readonly read: Float64Array
}

/** Of a query that never got to its samples. */
export function noStatistics(queuedMs: number, totalMs: number): QueryStatistics {
  const samples = { looked: 0, read: 0, peak: 0, perStep: undefined }
  return { preparationMs: 0, evaluationMs: 0, sortMs: undefined, totalMs, queuedMs, samples }
}

/** Where the numbers of one query stand in its part of a column of statistics. */
const packedAt = {
  preparationMs: 0,
  evaluationMs: 1,
  sortMs: 2,
  totalMs: 3,
  looked: 4,
  read: 5,
  peak: 6,
} as const
export const packedStatistics = 7

/** Writes everything but the wait and the steps; NaN stands for what is undefined. */
export function packStatistics(into: Float64Array, query: number, from: QueryStatistics): void {
  const { samples } = from
  const at = query * packedStatistics
  into[at + packedAt.preparationMs] = from.preparationMs
  into[at + packedAt.evaluationMs] = from.evaluationMs
  into[at + packedAt.sortMs] = from.sortMs ?? Number.NaN
  into[at + packedAt.totalMs] = from.totalMs
  into[at + packedAt.looked] = samples.looked
  into[at + packedAt.read] = samples.read
  into[at + packedAt.peak] = samples.peak
}

/** How long one query of a column took, without the wait. */
export function packedTotalMs(column: Float64Array, query: number): number {
  return column[query * packedStatistics + packedAt.totalMs] ?? 0
}

/** The statistics of one query of a column. */
export function unpackedStatistics(
  column: Float64Array,
  query: number,
  queuedMs: number,
): QueryStatistics {
  const at = query * packedStatistics
  const sortMs = column[at + packedAt.sortMs] ?? 0
  return {
    preparationMs: column[at + packedAt.preparationMs] ?? 0,
    evaluationMs: column[at + packedAt.evaluationMs] ?? 0,
    sortMs: Number.isNaN(sortMs) ? undefined : sortMs,
    totalMs: packedTotalMs(column, query),
    queuedMs,
    samples: {
      looked: column[at + packedAt.looked] ?? 0,
      read: column[at + packedAt.read] ?? 0,
      peak: column[at + packedAt.peak] ?? 0,
      perStep: undefined,
    },
  }
}

/** The object `stats` of answers and of the query log; times are in seconds. */
export function statisticsFields(statistics: QueryStatistics): object {
  const { preparationMs, evaluationMs, sortMs = 0, totalMs, queuedMs, samples } = statistics
  const { perStep } = samples
  return {
    timings: {
      evalTotalTime: (preparationMs + evaluationMs + sortMs) / 1000,
      resultSortTime: sortMs / 1000,
      queryPreparationTime: preparationMs / 1000,
      innerEvalTime: evaluationMs / 1000,
      execQueueTime: queuedMs / 1000,
      execTotalTime: (queuedMs + totalMs) / 1000,
    },
    samples: {
      totalQueryableSamplesPerStep: perStep && pairs(perStep, perStep.looked),
      totalQueryableSamples: samples.looked,
      samplesReadPerStep: perStep && pairs(perStep, perStep.read),
      samplesRead: samples.read,
      peakSamples: samples.peak,
    },
  }
}

function pairs({ startMs, stepMs }: StepStatistics, counts: Float64Array) {
  return Array.from(counts, (count, step) => [(startMs + step * stepMs) / 1000, count])
}
