import { type Clock, systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { TraceContext } from '../base/tracer.ts'
import { turnsOf } from '../base/turns.ts'
import { packedTotalMs } from '../model/query-statistics.ts'
import type { QueryBounds, QueryOrigin, QueryReply, QueryRunner } from '../storage/query-runner.ts'
import type { VectorAnswers } from '../storage/vector-answers.ts'
import {
  AnswerMemory,
  histogramsOf,
  RuleError,
  type RuleSample,
  type RuleSeries,
  samplesOf,
  type Turn,
} from './rule-sample.ts'

/** Whose query it is, for the query log. */
export interface RuleOrigin {
  readonly file: string
  readonly group: string
}

/** Who asks for a page that queries. */
export type ClientOrigin = Extract<QueryOrigin, { kind: 'http' }>

/** Whose part each query is, where that is traced. */
type Traces = readonly (TraceContext | undefined)[]

export interface RuleQuestion {
  readonly query: string
  readonly timeMs: number
  /** The server's where it is undefined. */
  readonly lookbackMs?: number | undefined
  /** More are an error. */
  readonly rowsMax?: number
  /** Whose part it is, where that is traced. */
  readonly trace?: TraceContext | undefined
}

/** Queries of rules that do not read what the others write, asked again and again. */
export class RuleQuestions {
  readonly memories: readonly AnswerMemory[]
  /** Ids of series, as the latest answer told them. */
  reads: Uint32Array<ArrayBuffer> | undefined

  #known: readonly string[] = []

  constructor(readonly queries: readonly string[]) {
    this.memories = queries.map(() => new AnswerMemory())
  }

  /** Keys of the label sets that are known: the same array as long as they are the same. */
  get known(): readonly string[] {
    const { memories } = this
    const isSame = memories.every(({ key }, index) => key === this.#known[index])
    if (!isSame) this.#known = memories.map(({ key }) => key)
    return this.#known
  }
}

/** What a query of a rule came to, and how long it took its worker. */
export interface RuleAnswer {
  readonly found: RuleSeries | RuleError
  readonly durationMs: number
}

/** Answers queries of rules: RuleQueries, or what has their answers already. */
export interface RuleAsker {
  /** Upstream's bound of one query, which is that of a whole evaluation too. */
  readonly timeoutMs: number
  /** One query. Rejects with RuleError; `canceled` where the signal was aborted. */
  ask(
    question: RuleQuestion,
    origin: RuleOrigin,
    signal: AbortSignal,
  ): Promise<readonly RuleSample[]>
  /**
   * All queries, many in one message. One that is out of time, or brings its worker down, costs
   * those behind it nothing but that they are asked once more, by themselves.
   */
  askAll(
    questions: RuleQuestions,
    timeMs: number,
    origin: RuleOrigin & { readonly traces?: Traces },
    signal: AbortSignal,
  ): Promise<readonly RuleAnswer[]>
}

export interface RuleQueriesOptions {
  readonly runner: QueryRunner
  readonly bounds: () => QueryBounds
  readonly clock?: Clock
}

interface Asking {
  readonly timeMs: number
  readonly bounds: QueryBounds
  readonly rowsMax: number
  readonly origin: QueryOrigin
  readonly traces: Traces
  readonly signal: AbortSignal
}

/**
 * Evaluates queries of rules. So many requests at once, so that hundreds of groups do not fill the
 * queue that they share with everybody else; the others wait in turn.
 */
export class RuleQueries implements RuleAsker {
  readonly #options: RuleQueriesOptions
  readonly #gate = new Gate({
    widthMax: limits.ruleQueriesAtOnce,
    waitingMax: limits.ruleQueriesWaitingMax,
  })

  constructor(options: RuleQueriesOptions) {
    this.#options = options
  }

  get timeoutMs(): number {
    return this.#options.bounds().timeoutMs
  }

  async ask(
    { query, timeMs, lookbackMs, rowsMax = limits.ruleRowsMax, trace }: RuleQuestion,
    origin: RuleOrigin | ClientOrigin,
    signal: AbortSignal,
  ): Promise<readonly RuleSample[]> {
    const bounds = this.#options.bounds()
    const [answer] = await this.#askSome(new RuleQuestions([query]), 0, 1, {
      timeMs,
      bounds: lookbackMs === undefined ? bounds : { ...bounds, lookbackMs },
      rowsMax,
      origin: 'kind' in origin ? origin : { kind: 'rule', ...origin },
      traces: [trace],
      signal,
    })
    if (answer === undefined) throw new RuleError('the query was not answered')
    if (answer.found instanceof RuleError) throw answer.found
    return samplesOf(answer.found)
  }

  async askAll(
    questions: RuleQuestions,
    timeMs: number,
    { file, group, traces = [] }: RuleOrigin & { readonly traces?: Traces },
    signal: AbortSignal,
  ): Promise<readonly RuleAnswer[]> {
    const bounds = this.#options.bounds()
    const origin = { kind: 'rule', file, group } as const
    const asking = { timeMs, bounds, rowsMax: limits.ruleRowsMax, origin, traces, signal }
    const { length } = questions.queries
    const answers: RuleAnswer[] = []
    let singlesTill = 0
    while (answers.length < length) {
      const at = answers.length
      const most = at < singlesTill ? 1 : limits.rulesPerRequest
      const till = Math.min(at + most, length)
      const some = await this.#askSome(questions, at, till, asking)
      if (some.length === 0) singlesTill = till
      answers.push(...some)
    }
    return answers
  }

  /** Answers of the first ones at least; none where they are to be asked one by one. */
  async #askSome(
    questions: RuleQuestions,
    from: number,
    till: number,
    asking: Asking,
  ): Promise<readonly RuleAnswer[]> {
    const reply = await this.#run(questions, from, till, asking)
    const { length } = questions.queries
    if (reply instanceof RuleError) return failures(reply, till - from)
    if (!reply.ok) {
      const isContained = reply.errorType === 'internal' || reply.errorType === 'timeout'
      if (isContained && till - from > 1) return []
      return failures(new RuleError(reply.message), till - from)
    }
    const { vectors } = reply
    if (vectors === undefined)
      return failures(new RuleError('the answer has no columns'), till - from)
    const isAll = till - from === length
    if (isAll && vectors.reads !== undefined) questions.reads = vectors.reads
    const turn = turnsOf(this.#options.clock ?? systemClock)
    return await answersOf(vectors, questions.memories.slice(from, till), turn)
  }

  async #run(
    questions: RuleQuestions,
    from: number,
    till: number,
    { timeMs, bounds, rowsMax, origin, traces, signal }: Asking,
  ): Promise<QueryReply | RuleError> {
    const entered = await this.#enter(signal)
    if (entered !== undefined) return entered
    const isAll = till - from === questions.queries.length
    try {
      return await this.#options.runner.run(
        {
          kind: 'rules',
          queries: isAll ? questions.queries : questions.queries.slice(from, till),
          known: isAll ? questions.known : questions.known.slice(from, till),
          timeMs,
          bounds,
          rowsMax,
          reads: isAll ? questions.reads : undefined,
          origin,
          traces: traces.slice(from, till),
        },
        signal,
      )
    } finally {
      this.#gate.leave()
    }
  }

  async #enter(signal: AbortSignal): Promise<RuleError | undefined> {
    try {
      await this.#gate.enter(signal)
      return undefined
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      return new RuleError(thrown.message)
    }
  }
}

function failures(error: RuleError, count: number): readonly RuleAnswer[] {
  return Array.from({ length: count }, () => ({ found: error, durationMs: 0 }))
}

async function answersOf(
  { answers, values, statistics }: VectorAnswers,
  memories: readonly AnswerMemory[],
  turn: Turn,
): Promise<readonly RuleAnswer[]> {
  let first = 0
  const read: RuleAnswer[] = []
  for (const [index, answer] of answers.entries()) {
    const durationMs = packedTotalMs(statistics, index)
    const memory = memories[index] ?? new AnswerMemory()
    if (typeof answer === 'number') {
      const plain = values.subarray(first, first + answer)
      first += answer
      read.push({ found: memory.withKnown(plain), durationMs })
      continue
    }
    const { error, rows, labelsKey, labels } = answer
    if (error !== undefined) {
      read.push({ found: new RuleError(error.message), durationMs })
      continue
    }
    const found = {
      labels: await memory.take(labelsKey, labels, turn),
      values: values.subarray(first, first + rows),
      histograms: await histogramsOf(answer.histograms, turn),
    }
    first += rows
    read.push({ found, durationMs })
  }
  return read
}
