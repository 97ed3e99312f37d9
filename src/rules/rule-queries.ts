import { NarthexError } from '../base/errors.ts'
import { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { TraceContext } from '../base/tracer.ts'
import type { QueryBounds, QueryRunner } from '../storage/query-runner.ts'
import { RuleError, type RuleSample, samplesOf } from './rule-sample.ts'

/** Whose query it is, for the query log. */
export interface RuleOrigin {
  readonly file: string
  readonly group: string
  /** Whose part the query is, where that is traced. */
  readonly trace?: TraceContext | undefined
}

export interface RuleQuestion {
  readonly query: string
  readonly timeMs: number
  /** The server's where it is undefined. */
  readonly lookbackMs?: number | undefined
}

export interface RuleQueriesOptions {
  readonly runner: QueryRunner
  readonly bounds: () => QueryBounds
}

/**
 * Evaluates queries of rules. So many at once, so that hundreds of groups do not fill the queue that
 * they share with everybody else; the others wait in turn, as many as there are rules at work.
 */
export class RuleQueries {
  readonly #options: RuleQueriesOptions
  readonly #gate = new Gate({
    widthMax: limits.ruleQueriesAtOnce,
    waitingMax: limits.ruleQueriesWaitingMax,
  })

  constructor(options: RuleQueriesOptions) {
    this.#options = options
  }

  /** Upstream's bound of one query, which is that of a whole evaluation too. */
  get timeoutMs(): number {
    return this.#options.bounds().timeoutMs
  }

  /** Rejects with RuleError; `canceled` where the signal was aborted. */
  async ask(
    { query, timeMs, lookbackMs }: RuleQuestion,
    { trace, ...origin }: RuleOrigin,
    signal: AbortSignal,
  ): Promise<readonly RuleSample[]> {
    await this.#enter(signal)
    try {
      const { runner, bounds } = this.#options
      const reply = await runner.run(
        {
          kind: 'instant',
          query,
          timeMs,
          bounds: lookbackMs === undefined ? bounds() : { ...bounds(), lookbackMs },
          stats: 'none',
          keepsLayout: true,
          origin: { kind: 'rule', ...origin },
          trace,
        },
        signal,
      )
      if (!reply.ok) throw new RuleError(reply.message)
      return samplesOf(reply.body)
    } finally {
      this.#gate.leave()
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    try {
      await this.#gate.enter(signal)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      throw new RuleError(thrown.message)
    }
  }
}
