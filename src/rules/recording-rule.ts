import { LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { Rule } from './rule.ts'
import { RuleError, type RuleSample } from './rule-sample.ts'

/** Writes what its query answers under another name (row R2.5). */
export class RecordingRule extends Rule {
  /** The samples to store. Throws RuleError. */
  samples(found: readonly RuleSample[], limit: number): readonly RuleSample[] {
    const keys = new Set<string>()
    const named = found.map((sample) => {
      const builder = new LabelsBuilder(sample.labels).set(metricNameLabel, this.name)
      for (const [name, value] of this.labels.entries()) builder.set(name, value)
      const labels = builder.build()
      keys.add(labels.key())
      return { ...sample, labels }
    })
    if (keys.size < named.length) {
      throw new RuleError(
        'vector contains metrics with the same labelset after applying rule labels',
      )
    }
    if (limit > 0 && named.length > limit) {
      throw new RuleError(`exceeded limit of ${limit} with ${named.length} series`)
    }
    return named
  }
}
