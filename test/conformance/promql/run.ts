import { Labels } from '../../../src/model/labels.ts'
import { executeQuery } from '../../../src/promql/engine.ts'
import type { Expr } from '../../../src/promql/parse/ast.ts'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'
import type { QueryReply } from '../../../src/storage/query-runner.ts'
import { MemoryStorage } from '../../support/memory-storage.ts'
import { checkAnnotations, checkFailure, compareResult, type QueryData } from './compare.ts'
import { type Command, type EvalCommand, type LoadCommand, readScript } from './script.ts'

/** One eval of a script; `failure` is undefined where it passed. */
export interface EvalOutcome {
  readonly line: number
  readonly query: string
  readonly failure: string | undefined
}

const minuteMs = 60_000

/** Runs a script of the test language; every eval is one case, with all its variants. */
export async function runScript(path: string): Promise<readonly EvalOutcome[]> {
  const storage = new MemoryStorage()
  const outcomes: EvalOutcome[] = []
  for (const command of readScript(path)) {
    await runCommand(storage, command, outcomes)
  }
  return outcomes
}

async function runCommand(
  storage: MemoryStorage,
  command: Command,
  outcomes: EvalOutcome[],
): Promise<void> {
  if (command.kind === 'clear') storage.clear()
  else if (command.kind === 'load') load(storage, command)
  else {
    const { line, query } = command
    const failure = await evaluate(storage, command)
    outcomes.push({ line, query, failure })
  }
}

function load(storage: MemoryStorage, { series, stepMs, withHistograms }: LoadCommand): void {
  for (const { labels, values } of series) {
    for (const [index, value] of values.entries()) {
      const timeMs = index * stepMs
      if (value === 'histogram') storage.appendHistogram(labels, timeMs)
      else if (value !== 'none') storage.append(labels, timeMs, value)
      const converted = withHistograms ? convertedName(labels) : undefined
      if (converted !== undefined && value !== 'none') storage.appendHistogram(converted, timeMs)
    }
  }
}

/** The series of custom buckets that load_with_nhcb would make of a classic histogram. */
function convertedName(labels: Labels): Labels | undefined {
  const name = labels.get('__name__')
  if (!name.endsWith('_bucket')) return undefined
  const rest = [...labels.entries()].filter(([label]) => label !== 'le')
  return Labels.of([...rest, ['__name__', name.slice(0, -'_bucket'.length)]])
}

async function evaluate(storage: MemoryStorage, command: EvalCommand): Promise<string | undefined> {
  try {
    const problem = command.isRange
      ? await checkOne(storage, command, command)
      : await evaluateInstant(storage, command)
    return problem
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  }
}

async function evaluateInstant(
  storage: MemoryStorage,
  command: EvalCommand,
): Promise<string | undefined> {
  for (const variant of [command, ...pinnedVariants(command)]) {
    const problem =
      (await checkOne(storage, command, variant)) ?? (await checkAsRange(storage, command, variant))
    if (problem !== undefined) {
      const at = variant === command ? '' : ` (as ${variant.query} at ${variant.startMs}ms)`
      return problem + at
    }
  }
  return undefined
}

type Variant = Pick<EvalCommand, 'query' | 'isRange' | 'startMs' | 'endMs' | 'stepMs'>

async function checkOne(
  storage: MemoryStorage,
  command: EvalCommand,
  variant: Variant,
): Promise<string | undefined> {
  const reply = await ask(storage, variant)
  const fail = command.expectations.filter(({ kind }) => kind === 'fail')
  if (!reply.ok) return checkFailure(fail, reply.message)
  if (fail.length > 0) return 'expected an error'
  const answer = dataOf(reply.body)
  return checkAnnotations(command, answer) ?? compareResult(command, answer.data)
}

/** The same value must come out of a range query around that time. */
async function checkAsRange(
  storage: MemoryStorage,
  command: EvalCommand,
  variant: Variant,
): Promise<string | undefined> {
  const expectsError = command.expectations.some(({ kind }) => kind === 'fail')
  const isOrdered = command.expectations.some(({ kind }) => kind === 'ordered')
  if (expectsError || isOrdered || command.expectedRange || command.expectedString !== undefined) {
    return undefined
  }
  if (/(?:start|end|range|step)\(\)/.test(variant.query)) return undefined
  const { startMs } = variant
  const around = { startMs: startMs - minuteMs, endMs: startMs + minuteMs, stepMs: minuteMs }
  const reply = await ask(storage, { ...variant, ...around, isRange: true })
  if (!reply.ok) return `as a range query: ${reply.message}`
  const { data } = dataOf(reply.body)
  const problem = compareResult(command, middleOf(data, startMs, command))
  return problem && `as a range query: ${problem}`
}

function middleOf(data: QueryData, timeMs: number, command: EvalCommand): QueryData {
  const samples = data.resultType === 'matrix' ? data.result : []
  const vector = samples.flatMap(({ metric, values }) => {
    const value = values.find(([seconds]) => Math.round(seconds * 1000) === timeMs)
    return value === undefined ? [] : [{ metric, value }]
  })
  const [first] = vector
  if (command.expectedScalar !== undefined && first !== undefined) {
    return { resultType: 'scalar', result: first.value }
  }
  return { resultType: 'vector', result: vector }
}

async function ask(storage: MemoryStorage, variant: Variant): Promise<QueryReply> {
  const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 50_000_000, limit: 0 }
  const { query, startMs, endMs, stepMs } = variant
  const request = variant.isRange
    ? ({ kind: 'range', query, startMs, endMs, stepMs, bounds, stats: 'none' } as const)
    : ({ kind: 'instant', query, timeMs: startMs, bounds, stats: 'none' } as const)
  return executeQuery(request, {
    queryable: storage,
    control: { checkpoint: () => undefined },
    options: { delayedNameRemoval: true },
    language: testParseOptions,
  })
}

interface Answer {
  readonly data: QueryData
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

function dataOf(body: readonly Uint8Array[]): Answer {
  return JSON.parse(Buffer.concat(body).toString('utf8'))
}

const timeDependent =
  /^(?:days_in_month|day_of_month|day_of_week|day_of_year|end|hour|minute|month|year|predict_linear|range|start|step|time|timestamp)$/

/** The query with its time pinned onto every selector, asked at other times. */
function pinnedVariants(command: EvalCommand): readonly Variant[] {
  let expr: Expr
  try {
    expr = parseExpr(command.query, testParseOptions)
  } catch {
    return []
  }
  const atMs = command.startMs
  const state = { isTimeDependent: false }
  const query = printExpr(pinned(expr, atMs, state))
  if (state.isTimeDependent) return []
  const times =
    atMs === 0 ? [-1000, 0, 1000] : [-10 * atMs, 0, Math.trunc(atMs / 5), atMs, 10 * atMs]
  return times.map((startMs) => ({ query, isRange: false, startMs, endMs: startMs, stepMs: 0 }))
}

const testParseOptions = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
}

function pinned(expr: Expr, timeMs: number, state: { isTimeDependent: boolean }): Expr {
  const below = (child: Expr) => pinned(child, timeMs, state)
  const at = { kind: 'time', timeMs } as const
  switch (expr.kind) {
    case 'vector-selector':
      return expr.at.kind === 'time' ? expr : { ...expr, at: atOf(expr.at, at) }
    case 'range-selector':
      return { ...expr, selector: { ...expr.selector, at: atOf(expr.selector.at, at) } }
    case 'subquery':
      return { ...expr, at: atOf(expr.at, at) }
    case 'call':
      if (timeDependent.test(expr.name)) state.isTimeDependent = true
      return { ...expr, args: expr.args.map(below) }
    case 'aggregate':
      return { ...expr, expr: below(expr.expr), param: expr.param && below(expr.param) }
    case 'binary':
      return { ...expr, left: below(expr.left), right: below(expr.right) }
    case 'unary':
    case 'paren':
      return { ...expr, expr: below(expr.expr) }
    default:
      return expr
  }
}

type At = Extract<Expr, { kind: 'subquery' }>['at']

/** Upstream pins what has no time of its own, start() and end() included. */
function atOf(written: At, pin: At): At {
  return written.kind === 'time' ? written : pin
}
