import type { Matcher } from '../../model/matcher.ts'
import type { Evaluation } from './evaluation.ts'
import { LabelEditor } from './label-editor.ts'
import { LabelSets } from './label-sets.ts'
import { TableMemo, tableItself } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { StepBatch, setAllPresent, type TimeAxis } from './step-batch.ts'

/**
 * absent and absent_over_time: 1 at the steps where the child has no sample at all (row Q8.5). The
 * child of absent_over_time is present_over_time.
 */
export class Absent implements Operator {
  readonly #memo: TableMemo
  #answered = false

  constructor(
    readonly evaluation: Evaluation,
    readonly child: Operator,
    readonly matchers: readonly Matcher[],
    readonly axis: TimeAxis,
  ) {
    this.#memo = evaluation.memos.take(TableMemo)
  }

  async series(): Promise<SeriesTable> {
    await this.child.series()
    return this.#memo.of([], this.evaluation.symbols, () => this.#table(), tableItself)
  }

  #table(): SeriesTable {
    const sets = new LabelSets()
    labelsFrom(this.matchers, new LabelEditor(this.evaluation.symbols), this.evaluation).appendTo(
      sets,
    )
    return { count: 1, labels: sets.columns(), nameDropped: new Uint8Array(1) }
  }

  async next(): Promise<StepBatch | undefined> {
    if (this.#answered) return undefined
    this.#answered = true
    const { axis } = this
    this.evaluation.budget.check(axis.steps)
    const answer = new StepBatch(axis.steps, 1)
    answer.reset(0, 1)
    setAllPresent(answer.present, 0, axis.steps)
    answer.values.fill(1)
    for (;;) {
      const batch = await this.child.next()
      if (batch === undefined) return answer
      for (let row = 0; row < batch.rows; row++) {
        for (let word = 0; word < batch.words; word++) {
          const bits = batch.present[row * batch.words + word] ?? 0
          answer.present[word] = (answer.present[word] ?? 0) & ~bits
        }
      }
    }
  }
}

/** Labels that the selector demands by one equality each; a name demanded twice is left out. */
function labelsFrom(
  matchers: readonly Matcher[],
  editor: LabelEditor,
  evaluation: Evaluation,
): LabelEditor {
  const seen = new Set<string>()
  for (const { op, name, value } of matchers) {
    if (name === '__name__') continue
    const first = op === '=' && !seen.has(name)
    editor.set(evaluation.symbols.intern(name), first ? value : '')
    if (op === '=') seen.add(name)
  }
  return editor
}
