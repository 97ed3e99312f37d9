import type { Clock } from '../../base/clock.ts'
import type { PlanNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { countPresent, type StepBatch } from './step-batch.ts'

/** What an operator did, with those below it; times go on while other queries have their turns. */
export interface OperatorFacts {
  timeMs: number
  series: number
  /** That it handed out. */
  samples: number
  batches: number
  /** Samples that were looked at in storage and by windows, on the operator's own axis. */
  looked: number
  /** Samples that were held when it handed something out, at most. */
  heldSamples: number
  /** Of its largest batch, alone. */
  batchBytes: number
}

/** Measures every operator of one query, from outside: the operators know nothing of it. */
export class Profile {
  readonly #clock: Clock
  readonly #facts = new Map<PlanNode, OperatorFacts>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined for nodes that no operator of their own stands for. */
  factsOf(node: PlanNode): OperatorFacts | undefined {
    return this.#facts.get(node)
  }

  measured(evaluation: Evaluation, node: PlanNode, operator: Operator): Operator {
    const facts: OperatorFacts = {
      timeMs: 0,
      series: 0,
      samples: 0,
      batches: 0,
      looked: 0,
      heldSamples: 0,
      batchBytes: 0,
    }
    this.#facts.set(node, facts)
    const timed = <T>(call: () => Promise<T>) => this.#timed(evaluation, facts, call)
    return {
      async series(): Promise<SeriesTable> {
        const table = await timed(() => operator.series())
        facts.series = table.count
        return table
      },
      async next(): Promise<StepBatch | undefined> {
        const batch = await timed(() => operator.next())
        if (batch === undefined) return undefined
        facts.batches++
        facts.samples += countPresent(batch.present, 0, batch.rows * batch.words)
        const bytes = batch.values.byteLength + batch.present.byteLength
        facts.batchBytes = Math.max(facts.batchBytes, bytes)
        return batch
      },
    }
  }

  async #timed<T>(
    { budget, counts }: Evaluation,
    facts: OperatorFacts,
    call: () => Promise<T>,
  ): Promise<T> {
    const sinceMs = this.#clock.monotonicMs()
    const [heldBefore, lookedBefore] = [budget.held, counts.looked]
    try {
      return await call()
    } finally {
      facts.timeMs += this.#clock.monotonicMs() - sinceMs
      facts.looked += counts.looked - lookedBefore
      facts.heldSamples = Math.max(facts.heldSamples, budget.held - heldBefore)
    }
  }
}
