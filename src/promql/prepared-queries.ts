import { limits } from '../base/limits.ts'
import type { EngineOptions } from './exec/evaluation.ts'
import { Memos } from './exec/memos.ts'
import type { ParseOptions } from './parse/parse-options.ts'
import { parseOnce } from './parse/parsed-queries.ts'
import { type PlanTimes, planOf } from './plan/build.ts'
import type { PlanNode } from './plan/node.ts'
import { rewritePlan } from './plan/passes.ts'

/** What is the same whenever an instant query is asked again. */
export interface PreparedQuery {
  readonly plan: PlanNode
  readonly memos: Memos
  /** The plan holds for the times that it was made for only. */
  readonly isTimed: boolean
}

/** What a plan is made of, but for the times. */
export interface PlanSource {
  readonly query: string
  readonly isRule: boolean
  readonly language: ParseOptions
  readonly options: EngineOptions
}

/** Parses and plans. */
export function prepare(
  { query, isRule, language, options }: PlanSource,
  times: PlanTimes,
): PreparedQuery {
  const tree = parseOnce(query, language, isRule)
  const { plan, isTimed } = planOf(tree, times, options)
  return { plan: rewritePlan(plan, options.passes), memos: new Memos(), isTimed }
}

/**
 * Plans of the latest instant queries, with what their operators know of the series that they found:
 * rules and panels ask the same again and again. For one database and one set of options, but for
 * the step of subqueries.
 */
export class PreparedQueries {
  readonly #ofRules = new LatestPrepared(limits.preparedRulesMax)
  readonly #others = new LatestPrepared(limits.preparedQueriesMax)

  /** Nobody else has it until it is given back. */
  take(source: PlanSource, times: PlanTimes): PreparedQuery {
    if (times.kind !== 'instant') return prepare(source, times)
    return this.#latest(source).take(source) ?? prepare(source, times)
  }

  give(source: PlanSource, times: PlanTimes, prepared: PreparedQuery): void {
    if (times.kind !== 'instant' || prepared.isTimed) return
    if (source.query.length > limits.parsedQueryLengthMax) return
    this.#latest(source).give(source, prepared)
  }

  #latest({ isRule }: PlanSource): LatestPrepared {
    return isRule ? this.#ofRules : this.#others
  }
}

interface Kept {
  readonly prepared: PreparedQuery
  /** What the plan is made with. */
  readonly madeWith: Pick<EngineOptions, 'subqueryStepMs'>
  weight: number
  isTaken: boolean
}

/**
 * Those used longest ago go first, where they are too many or hold too much. Their order is kept up
 * from half of that on: before, nothing goes for long.
 */
class LatestPrepared {
  readonly #queriesMax: number
  readonly #kept = new Map<string, Kept>()
  #weight = 0

  constructor(queriesMax: number) {
    this.#queriesMax = queriesMax
  }

  take({ query, options }: PlanSource): PreparedQuery | undefined {
    const kept = this.#kept.get(query)
    if (kept === undefined || kept.isTaken) return undefined
    if (kept.madeWith.subqueryStepMs !== options.subqueryStepMs) return undefined
    kept.isTaken = true
    return kept.prepared
  }

  give({ query, options }: PlanSource, prepared: PreparedQuery): void {
    const { weight } = prepared.memos
    const known = this.#kept.get(query)
    if (known?.prepared === prepared && !this.#isFilled(2)) {
      this.#weight += weight - known.weight
      known.weight = weight
      known.isTaken = false
      return
    }
    if (known !== undefined) this.#drop(query, known)
    this.#kept.set(query, { prepared, madeWith: options, weight, isTaken: false })
    this.#weight += weight
    for (const [oldest, kept] of this.#kept) {
      if (!this.#isFilled(1)) return
      this.#drop(oldest, kept)
    }
  }

  /** Whether so many times as many would be too many. */
  #isFilled(times: number): boolean {
    const { preparedLabelsMax } = limits
    return this.#kept.size * times > this.#queriesMax || this.#weight * times > preparedLabelsMax
  }

  #drop(query: string, { weight }: Kept): void {
    this.#kept.delete(query)
    this.#weight -= weight
  }
}
