import { limits } from '../../base/limits.ts'
import type { Looks } from '../../base/looks.ts'
import type { SymbolTable } from '../../storage/querier.ts'
import type { QueryControl } from '../../storage/query-runner.ts'
import type { PlanOptions } from '../plan/build.ts'
import type { PlanPasses } from '../plan/passes.ts'
import type { Annotations } from './annotations.ts'
import { Buffers } from './buffers.ts'
import { Memos } from './memos.ts'
import type { Profile } from './profile.ts'
import type { SampleBudget } from './sample-budget.ts'
import type { SampleCounts } from './sample-counts.ts'
import type { Selects } from './selects.ts'
import { StepBatch, type TimeAxis } from './step-batch.ts'

/** How the engine behaves beyond the query itself; what Prometheus has as flags. */
export interface EngineOptions extends PlanOptions {
  /** --enable-feature=promql-delayed-name-removal (row Q9.3). */
  readonly delayedNameRemoval: boolean
  /** --enable-feature=type-and-unit-labels: what tells a counter is __type__, not the name. */
  readonly typeAndUnitLabels: boolean
  /** --enable-feature=promql-per-step-stats: stats=all tells samples by step, too (row F2.4). */
  readonly perStepStatistics: boolean
  /** --enable-feature=use-start-timestamps: rate and its kin believe them (row F2.8). */
  readonly useStartTimestamps: boolean
  /** Cells (series x steps) of one batch at most; at least one series. */
  readonly batchCellsMax: number
  /** Series of one batch at most. */
  readonly batchSeriesMax: number
  /** Labels of more series that a selector finds are only made where somebody looks at them. */
  readonly tableSeriesMax: number
  /** Which passes over the plan run (plan/passes.ts). */
  readonly passes: PlanPasses
}

export const defaultEngineOptions: EngineOptions = {
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  perStepStatistics: false,
  useStartTimestamps: false,
  subqueryStepMs: 60_000,
  atModifier: true,
  negativeOffset: true,
  batchCellsMax: 1 << 16,
  batchSeriesMax: 1024,
  tableSeriesMax: limits.tableKeptSeriesMax,
  passes: { foldConstants: true, stepInvariant: true, shareSelectors: true },
}

/** What all operators of one running query share. */
export class Evaluation {
  constructor(
    readonly options: EngineOptions,
    readonly lookbackMs: number,
    readonly control: QueryControl,
    readonly budget: SampleBudget,
    readonly annotations: Annotations,
    readonly selects: Selects,
    readonly counts: SampleCounts,
    /** Measures the operators, where that is asked for. */
    readonly profile?: Profile,
    /** What operators know from the evaluation before. */
    readonly memos = new Memos(),
    readonly buffers = new Buffers(),
  ) {}

  /** The same query on another axis, whose samples are counted apart. */
  counting(counts: SampleCounts): Evaluation {
    const { options, lookbackMs, control, budget, annotations, selects, profile, memos, buffers } =
      this
    return new Evaluation(
      options,
      lookbackMs,
      control,
      budget,
      annotations,
      selects,
      counts,
      profile,
      memos,
      buffers,
    )
  }

  /** The querier's symbols; there once the selects are open, that is in every series(). */
  get symbols(): SymbolTable {
    return this.selects.symbols
  }

  /** For loops over series. */
  get looks(): Looks {
    return this.control.looks
  }

  /** An empty batch for an axis, as high as the options allow and as there are series. */
  batch(axis: TimeAxis, series: number): StepBatch {
    this.budget.check(axis.steps)
    const { batchCellsMax, batchSeriesMax } = this.options
    const rows = Math.min(Math.floor(batchCellsMax / Math.max(axis.steps, 1)), batchSeriesMax)
    const wanted = Math.max(1, Math.min(rows, series))
    const pooled = axis.steps === 1 ? this.buffers.batch(wanted, rows) : undefined
    return pooled ?? new StepBatch(axis.steps, wanted)
  }
}

/**
 * Steps of one row that are computed without asking whether the turn is over: some 8 ms. A whole
 * number of presence words, so that a part of a row is a row.
 */
export const stepsPerCheckpoint = 1 << 18
