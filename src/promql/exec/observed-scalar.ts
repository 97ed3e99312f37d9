import type { Operator, SeriesTable } from './operator.ts'
import type { StepBatch } from './step-batch.ts'

/** A scalar whose values are shown to somebody on the way, for warnings about parameters. */
export class ObservedScalar implements Operator {
  constructor(
    readonly scalar: Operator,
    readonly observe: (value: number) => void,
  ) {}

  series(): Promise<SeriesTable> {
    return this.scalar.series()
  }

  async next(): Promise<StepBatch | undefined> {
    const batch = await this.scalar.next()
    if (batch !== undefined) {
      for (const value of batch.values.subarray(0, batch.steps)) this.observe(value)
    }
    return batch
  }
}
