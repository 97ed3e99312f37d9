import { type Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { Rule } from './rule.ts'
import { RuleError, type RuleSeries } from './rule-sample.ts'

/** Writes what its query answers under another name (row R2.5). */
export class RecordingRule extends Rule {
  /** The latest label sets of the query, and what they became. */
  #found: readonly Labels[] = []
  #named: readonly Labels[] = []

  /** The series to store. Throws RuleError. */
  series({ labels, values, histograms }: RuleSeries, limit: number): RuleSeries {
    if (labels !== this.#found) {
      this.#named = this.#renamed(labels)
      this.#found = labels
    }
    const count = this.#named.length
    if (limit > 0 && count > limit) {
      throw new RuleError(`exceeded limit of ${limit} with ${count} series`)
    }
    return { labels: this.#named, values, histograms }
  }

  #renamed(found: readonly Labels[]): readonly Labels[] {
    const keys = new Set<string>()
    const named = found.map((labels) => {
      const builder = new LabelsBuilder(labels).set(metricNameLabel, this.name)
      for (const [name, value] of this.labels.entries()) builder.set(name, value)
      const renamed = builder.build()
      keys.add(renamed.key())
      return renamed
    })
    if (keys.size < named.length) {
      throw new RuleError(
        'vector contains metrics with the same labelset after applying rule labels',
      )
    }
    return named
  }
}
