import type { Evaluation } from './evaluation.ts'
import { LabelEditor } from './label-editor.ts'
import { LabelSets } from './label-sets.ts'
import type { Operator, SeriesTable } from './operator.ts'
import type { StepBatch } from './step-batch.ts'

/** With delayed name removal: cuts the names out that were only marked, at the root (row Q9.3). */
export class FinalNames implements Operator {
  constructor(
    readonly evaluation: Evaluation,
    readonly child: Operator,
  ) {}

  async series(): Promise<SeriesTable> {
    return withFinalNames(await this.child.series(), this.evaluation)
  }

  next(): Promise<StepBatch | undefined> {
    return this.child.next()
  }
}

export async function withFinalNames(
  table: SeriesTable,
  evaluation: Evaluation,
): Promise<SeriesTable> {
  if (!table.nameDropped.includes(1)) return table
  const editor = new LabelEditor(evaluation.symbols)
  const sets = new LabelSets()
  for (let series = 0; series < table.count; series++) {
    const over = evaluation.looks.turn()
    if (over !== undefined) await over
    editor.load(table.labels, series)
    if (table.nameDropped[series] === 1) editor.dropReserved()
    editor.appendTo(sets)
  }
  const nameDropped = new Uint8Array(table.count)
  return { count: table.count, labels: sets.columns(), nameDropped }
}
