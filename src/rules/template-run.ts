import type { Clock } from '../base/clock.ts'
import { turnsOf } from '../base/turns.ts'
import {
  type MissingKey,
  type Steps,
  TemplateExecError,
  type TemplateRun,
} from './template-evaluator.ts'
import { TemplateExecutor } from './template-executor.ts'
import { type FunctionContext, FunctionError } from './template-function.ts'
import type { GoValue } from './template-values.ts'

export type Expansion =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: string }

export interface RunOptions extends FunctionContext {
  readonly clock: Clock
  /** By the monotonic clock: then the template ends with an error. */
  readonly endMs: number
  /** `zero` where it is absent. */
  readonly missingKey?: MissingKey
}

/**
 * What a parsed template prints. What is wrong with the template or its data is an answer; only our
 * own faults are thrown. A promise only where the template waits for something, or takes long.
 */
export function runTemplate(
  run: TemplateRun,
  data: GoValue,
  options: RunOptions,
): Expansion | Promise<Expansion> {
  try {
    const steps = new TemplateExecutor(run, data).execute(data)
    const first = steps.next()
    if (first.done) return { ok: true, text: first.value }
    return waited(run, steps, first, options)
  } catch (thrown) {
    return failure(run, thrown)
  }
}

type Step = IteratorResult<Promise<GoValue> | 'turn', string>

async function waited(
  run: TemplateRun,
  steps: Steps<string>,
  first: Step,
  options: RunOptions,
): Promise<Expansion> {
  try {
    return { ok: true, text: await driven(steps, first, options) }
  } catch (thrown) {
    return failure(run, thrown)
  }
}

function failure({ name }: TemplateRun, thrown: unknown): Expansion {
  const words = `error executing template ${name}: `
  if (thrown instanceof TemplateExecError) return { ok: false, error: words + thrown.message }
  if (!(thrown instanceof RangeError)) throw thrown
  return { ok: false, error: `${words}nested too deeply` }
}

/** Runs the steps, waits where they wait, and lets others have their turn. */
async function driven(
  steps: Steps<string>,
  first: Step,
  { clock, endMs }: RunOptions,
): Promise<string> {
  const turn = turnsOf(clock)
  let next = first
  while (!next.done) {
    if (clock.monotonicMs() > endMs) {
      next = steps.throw(new TemplateExecError('template took longer than a query may'))
      continue
    }
    if (next.value === 'turn') {
      await turn()
      next = steps.next()
    } else next = await answered(steps, next.value)
  }
  return next.value
}

async function answered(steps: Steps<string>, wait: Promise<GoValue>): Promise<Step> {
  let value: GoValue
  try {
    value = await wait
  } catch (thrown) {
    if (!(thrown instanceof FunctionError)) throw thrown
    return steps.throw(thrown)
  }
  return steps.next(value)
}
