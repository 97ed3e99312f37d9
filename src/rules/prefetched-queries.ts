import { limits } from '../base/limits.ts'
import type { QueryBounds, QueryRunner } from '../storage/query-runner.ts'
import {
  type RuleAnswer,
  type RuleAsker,
  type RuleOrigin,
  type RuleQuestion,
  RuleQuestions,
} from './rule-queries.ts'
import type { RuleSample, RuleSeries } from './rule-sample.ts'
import { steppedAnswer } from './stepped-answer.ts'

export interface PrefetchedQueriesOptions {
  /** Answers range queries over what no rule writes. */
  readonly runner: QueryRunner
  readonly bounds: QueryBounds
  /** Answers all else. */
  readonly single: RuleAsker
}

/** Times at which a query is asked, one step after the other. */
export interface QueryGrid {
  readonly query: string
  readonly startMs: number
  readonly stepMs: number
  readonly endMs: number
}

/**
 * Answers queries of rules out of range queries that are asked some hundred steps ahead, where that
 * gives the same (see isSteady): a hundred times less work than a query for each step. A range that
 * fails is asked step by step, so that errors are those of the step.
 */
export class PrefetchedQueries implements RuleAsker {
  readonly #options: PrefetchedQueriesOptions
  readonly #ahead = new Map<string, AnswersAhead>()

  constructor(options: PrefetchedQueriesOptions) {
    this.#options = options
  }

  get timeoutMs(): number {
    return this.#options.single.timeoutMs
  }

  /** Announces that a group will ask so. */
  expect(grid: QueryGrid, origin: RuleOrigin): void {
    this.#ahead.set(keyOf(grid.query, origin), new AnswersAhead(grid, this.#options))
  }

  ask(
    question: RuleQuestion,
    origin: RuleOrigin,
    signal: AbortSignal,
  ): Promise<readonly RuleSample[]> {
    return this.#options.single.ask(question, origin, signal)
  }

  async askAll(
    { queries }: RuleQuestions,
    timeMs: number,
    origin: RuleOrigin,
    signal: AbortSignal,
  ): Promise<readonly RuleAnswer[]> {
    const answers: RuleAnswer[] = []
    for (const query of queries) {
      const ahead = this.#ahead.get(keyOf(query, origin))
      const found = ahead?.has(timeMs) === true ? await ahead.at(timeMs, signal) : undefined
      if (found !== undefined) answers.push({ found, durationMs: 0 })
      else {
        const { single } = this.#options
        answers.push(...(await single.askAll(new RuleQuestions([query]), timeMs, origin, signal)))
      }
    }
    return answers
  }
}

function keyOf(query: string, { file, group }: RuleOrigin): string {
  return `${file}\n${group}\n${query}`
}

class AnswersAhead {
  readonly #grid: QueryGrid
  readonly #options: PrefetchedQueriesOptions
  #firstMs: number
  #steps: readonly RuleSeries[] = []
  /** How many steps the next range has; 1 is none. */
  #width = 32

  constructor(grid: QueryGrid, options: PrefetchedQueriesOptions) {
    this.#grid = grid
    this.#options = options
    this.#firstMs = grid.startMs
  }

  get #nextMs(): number {
    return this.#firstMs + this.#steps.length * this.#grid.stepMs
  }

  /** Whether the time is one of those that are there, or the next one. */
  has(timeMs: number): boolean {
    const { stepMs, endMs } = this.#grid
    if (timeMs < this.#firstMs || timeMs > endMs || timeMs > this.#nextMs) return false
    return (timeMs - this.#firstMs) % stepMs === 0
  }

  /** Undefined where it is to be asked by itself. */
  async at(timeMs: number, signal: AbortSignal): Promise<RuleSeries | undefined> {
    if (timeMs === this.#nextMs) await this.#fetch(timeMs, signal)
    const found = this.#steps[(timeMs - this.#firstMs) / this.#grid.stepMs]
    if (found !== undefined && found.labels.length <= limits.ruleRowsMax) return found
    if (found === undefined) this.#firstMs = timeMs + this.#grid.stepMs
    return undefined
  }

  /** Leaves nothing there where not even two steps could be had together. */
  async #fetch(timeMs: number, signal: AbortSignal): Promise<void> {
    const { query, stepMs, endMs } = this.#grid
    const { runner, bounds } = this.#options
    this.#firstMs = timeMs
    this.#steps = []
    for (let width = this.#width; width > 1 && !signal.aborted; width = Math.floor(width / 4)) {
      const count = Math.min(width, Math.floor((endMs - timeMs) / stepMs) + 1)
      const lastMs = timeMs + (count - 1) * stepMs
      const times = { startMs: timeMs, endMs: lastMs, stepMs }
      const reply = await runner.run(
        { kind: 'range', query, ...times, bounds, stats: 'none', keepsLayout: true },
        signal,
      )
      if (!reply.ok) continue
      this.#steps = steppedAnswer(reply.body, { startMs: timeMs, stepMs, count })
      const points = this.#steps.reduce((sum, step) => sum + step.labels.length, 0)
      const wanted = Math.floor((limits.backtestPointsAhead * count) / Math.max(points, 1))
      this.#width = Math.max(2, Math.min(wanted, 2 * width, limits.backtestStepsAhead))
      return
    }
    this.#width = 2
  }
}
