import type { Clock } from '../base/clock.ts'
import type { QueryStatistics } from '../model/query-statistics.ts'
import type { SampleBudget } from './exec/sample-budget.ts'
import type { SampleCounts } from './exec/sample-counts.ts'

type Phase = 'preparation' | 'evaluation' | 'sort' | 'rest'

/** Times the phases of one query; a phase ends where the next one begins. */
export class QueryMeter {
  readonly #clock: Clock
  readonly #queuedMs: number
  readonly #startedMs: number
  readonly #spentMs: Record<Phase, number> = { preparation: 0, evaluation: 0, sort: 0, rest: 0 }
  #hasSorted = false
  #phase: Phase = 'rest'
  #sinceMs: number

  constructor(
    clock: Clock,
    queuedMs: number,
    readonly budget: SampleBudget,
    readonly counts: SampleCounts,
  ) {
    this.#clock = clock
    this.#queuedMs = queuedMs
    this.#startedMs = clock.monotonicMs()
    this.#sinceMs = this.#startedMs
  }

  begin(phase: Phase): void {
    const nowMs = this.#clock.monotonicMs()
    this.#spentMs[this.#phase] += nowMs - this.#sinceMs
    this.#phase = phase
    if (phase === 'sort') this.#hasSorted = true
    this.#sinceMs = nowMs
  }

  /** What it was up to now. */
  statistics(): QueryStatistics {
    this.begin('rest')
    return {
      preparationMs: this.#spentMs.preparation,
      evaluationMs: this.#spentMs.evaluation,
      sortMs: this.#hasSorted ? this.#spentMs.sort : undefined,
      totalMs: this.#sinceMs - this.#startedMs,
      queuedMs: this.#queuedMs,
      samples: this.counts.statistics(this.budget.peak),
    }
  }
}
