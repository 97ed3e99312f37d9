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
