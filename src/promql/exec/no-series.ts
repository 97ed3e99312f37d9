import { LabelSets } from './label-sets.ts'
import type { Operator, SeriesTable } from './operator.ts'
import type { StepBatch } from './step-batch.ts'

/** What is asked at no step at all: upstream does not evaluate it, so nothing is told of it. */
export const noSeries: Operator = {
  async series(): Promise<SeriesTable> {
    return { count: 0, labels: new LabelSets().columns(), nameDropped: new Uint8Array(0) }
  },

  async next(): Promise<StepBatch | undefined> {
    return undefined
  },
}
