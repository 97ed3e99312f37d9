import { checkAnnotations, checkFailure, compareResult, faultOfOrder } from './compare.ts'
import { evaluate, type Question, type Result } from './evaluate.ts'
import { pinnedVariants } from './pinned-variants.ts'
import { type Command, type EvalCommand, readScript } from './script.ts'
import { TestDatabase } from './test-database.ts'

/** One eval of a script; `failure` is undefined where it passed. */
export interface EvalOutcome {
  readonly line: number
  readonly query: string
  readonly failure: string | undefined
}

const minuteMs = 60_000

/** Runs a script of the test language; every eval is one case, with all its variants. */
export async function runScript(path: string): Promise<readonly EvalOutcome[]> {
  const outcomes: EvalOutcome[] = []
  let database = await TestDatabase.open()
  for (const command of readScript(path)) {
    if (command.kind === 'clear') {
      await database.close()
      database = await TestDatabase.open()
    } else await runCommand(database, command, outcomes)
  }
  await database.close()
  return outcomes
}

async function runCommand(
  database: TestDatabase,
  command: Exclude<Command, { kind: 'clear' }>,
  outcomes: EvalOutcome[],
): Promise<void> {
  if (command.kind === 'load') database.load(command)
  else {
    const { line, query } = command
    const failure = await failureOf(database, command)
    outcomes.push({ line, query, failure })
  }
}

async function failureOf(
  database: TestDatabase,
  command: EvalCommand,
): Promise<string | undefined> {
  try {
    return command.isRange
      ? await checkOne(database, command, command)
      : await checkInstant(database, command)
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  }
}

async function checkInstant(
  database: TestDatabase,
  command: EvalCommand,
): Promise<string | undefined> {
  for (const question of [command, ...pinnedVariants(command)]) {
    const problem =
      (await checkOne(database, command, question)) ??
      (await checkAsRange(database, command, question))
    if (problem !== undefined) {
      const at = question === command ? '' : ` (as ${question.query} at ${question.startMs}ms)`
      return problem + at
    }
  }
  return undefined
}

async function checkOne(
  database: TestDatabase,
  command: EvalCommand,
  question: Question,
): Promise<string | undefined> {
  const outcome = await evaluate(database.queryable, question)
  const fail = command.expectations.filter(({ kind }) => kind === 'fail')
  if (!outcome.ok) return checkFailure(fail, outcome.message)
  if (fail.length > 0) return 'expected an error'
  return checkAnnotations(command, outcome) ?? compareResult(command, outcome.result)
}

/** The same value must come out of a range query around that time. */
async function checkAsRange(
  database: TestDatabase,
  command: EvalCommand,
  question: Question,
): Promise<string | undefined> {
  const expectsError = command.expectations.some(({ kind }) => kind === 'fail')
  if (expectsError || command.expectedRange || command.expectedString !== undefined) {
    return undefined
  }
  if (/(?:start|end|range|step)\(\)/.test(question.query)) return undefined
  const { startMs } = question
  const around = { startMs: startMs - minuteMs, endMs: startMs + minuteMs, stepMs: minuteMs }
  const outcome = await evaluate(database.queryable, { ...question, ...around, isRange: true })
  if (!outcome.ok) return `as a range query: ${outcome.message}`
  // A range query is sorted by labels, whatever order was asked for.
  if (command.expectations.some(({ kind }) => kind === 'ordered')) return undefined
  const problem = compareResult(command, middleOf(outcome.result, startMs, command))
  return problem && `as a range query: ${problem}`
}

function middleOf(result: Result, timeMs: number, command: EvalCommand): Result {
  if (result.type !== 'matrix') return result
  if (faultOfOrder(result.series) !== undefined) return result
  const series = result.series
    .map(({ labels, points }) => ({ labels, points: points.filter((at) => at.timeMs === timeMs) }))
    .filter(({ points }) => points.length > 0)
  const value = series[0]?.points[0]?.value
  if (command.expectedScalar !== undefined && typeof value === 'number') {
    return { type: 'scalar', value }
  }
  return { type: 'vector', series }
}
