import { NarthexError } from '../../base/errors.ts'
import { AnchoredRegex } from '../../model/regex.ts'
import { expandTemplate } from '../../model/regex-template.ts'
import type { Evaluation } from './evaluation.ts'
import { LabelEditor } from './label-editor.ts'
import { LabelSets } from './label-sets.ts'
import type { Operator, SeriesTable } from './operator.ts'
import type { StepBatch } from './step-batch.ts'

/** The new value of the destination label, or undefined to leave the series as it is. */
type NewLabel = (labelOf: (name: string) => string) => string | undefined

/**
 * label_replace and label_join (rows Q8.1, Q8.2): new label sets, the same batches. Setting
 * __name__ takes back that the name is to be dropped.
 */
export class RelabelSeries implements Operator {
  constructor(
    readonly evaluation: Evaluation,
    readonly child: Operator,
    readonly destination: string,
    readonly newLabel: NewLabel,
  ) {}

  async series(): Promise<SeriesTable> {
    const table = await this.child.series()
    const { looks, symbols } = this.evaluation
    const destination = symbols.intern(this.destination)
    const editor = new LabelEditor(symbols)
    const sets = new LabelSets()
    const nameDropped = table.nameDropped.slice()
    const { labels } = table
    await looks.inTurns(table.count, (from, to) => {
      for (let series = from; series < to; series++) {
        editor.load(labels, series)
        const value = this.newLabel((name) => editor.get(symbols.intern(name)))
        if (value !== undefined) {
          editor.set(destination, value)
          if (this.destination === '__name__') nameDropped[series] = 0
        }
        editor.appendTo(sets)
      }
    })
    return { count: table.count, labels: sets.columns(), nameDropped }
  }

  next(): Promise<StepBatch | undefined> {
    return this.child.next()
  }
}

export function labelReplacement(pattern: string, replacement: string, source: string): NewLabel {
  const regex = compile(pattern)
  return (labelOf) => {
    const match = regex.groups(labelOf(source))
    return match && expandTemplate(replacement, match)
  }
}

export function labelJoin(separator: string, sources: readonly string[]): NewLabel {
  return (labelOf) => sources.map(labelOf).join(separator)
}

function compile(pattern: string): AnchoredRegex {
  try {
    return new AnchoredRegex(pattern)
  } catch (thrown) {
    throw new NarthexError(
      'QUERY_EXECUTION',
      `invalid regular expression in label_replace(): ${pattern}`,
      { cause: thrown },
    )
  }
}
