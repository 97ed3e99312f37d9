import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import type { QueryBounds, QueryOrigin, RulesRequest } from '../storage/query-runner.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'

/** What is mostly the same in the next request of the same rules. */
type Lasting = Omit<RulesRequest, 'kind' | 'timeMs' | 'coding' | 'traces'>

/** A request of rules as it crosses to a worker. */
export interface ToldRules {
  readonly kind: 'rules'
  readonly timeMs: number
  /** Where the worker keeps what lasts; undefined where it need not. */
  readonly place: number | undefined
  /** Undefined where the worker has it at that place. */
  readonly lasting: Lasting | undefined
  /** Of what it reads, in the same step as the update. */
  readonly snapshot: HeadSnapshot | undefined
}

interface Told {
  readonly place: number
  readonly lasting: Lasting
}

/**
 * Tells a worker what lasts of a request once: texts, keys and names of a group take longer to cross
 * than some of its queries to be answered. Of one worker.
 */
export class RulesTeller {
  readonly #told = new Map<readonly string[], Told>()

  constructor(readonly setsMax: number = limits.toldRulesMax) {}

  /** Known by the very array of queries: who asks for the first time tells of no reads. */
  tell(request: RulesRequest, snapshot: HeadSnapshot | undefined): ToldRules {
    const { timeMs, queries, known, bounds, origin, rowsMax, reads, isForwarded } = request
    const lasting = { queries, known, bounds, origin, rowsMax, reads, isForwarded }
    const isAskedAgain = reads !== undefined && reads.length <= limits.toldRuleReadsMax
    if (!isAskedAgain) return { kind: 'rules', timeMs, place: undefined, lasting, snapshot }
    const before = this.#told.get(queries)
    if (before !== undefined && isSame(before.lasting, lasting)) {
      return { kind: 'rules', timeMs, place: before.place, lasting: undefined, snapshot }
    }
    // Of what is not asked any more nobody tells: all begin anew, at the same places.
    if (before === undefined && this.#told.size >= this.setsMax) this.#told.clear()
    const place = before?.place ?? this.#told.size
    this.#told.set(queries, { place, lasting })
    return { kind: 'rules', timeMs, place, lasting, snapshot }
  }
}

/** The other end of it. */
export class RulesHearer {
  readonly #kept: Lasting[] = []

  whole({ timeMs, place, lasting: told }: ToldRules): RulesRequest {
    if (place !== undefined && told !== undefined) this.#kept[place] = told
    const lasting = told ?? this.#kept[place ?? -1]
    assert(lasting !== undefined, `nothing was told of rules ${place}`)
    return { kind: 'rules', timeMs, ...lasting }
  }
}

/** Arrays are told apart by identity: whoever asks keeps them while they are the same. */
function isSame(a: Lasting, b: Lasting): boolean {
  return (
    a.known === b.known &&
    a.reads === b.reads &&
    a.rowsMax === b.rowsMax &&
    a.isForwarded === b.isForwarded &&
    isSameGroup(a.origin, b.origin) &&
    areSameBounds(a.bounds, b.bounds)
  )
}

/** What a page asks lasts no longer than the page. */
function isSameGroup(a: QueryOrigin, b: QueryOrigin): boolean {
  return a.kind === 'rule' && b.kind === 'rule' && a.file === b.file && a.group === b.group
}

function areSameBounds(a: QueryBounds, b: QueryBounds): boolean {
  return (
    a.timeoutMs === b.timeoutMs &&
    a.lookbackMs === b.lookbackMs &&
    a.samplesMax === b.samplesMax &&
    a.subqueryStepMs === b.subqueryStepMs &&
    a.limit === b.limit
  )
}
