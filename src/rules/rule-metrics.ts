import type {
  Counter,
  Histogram,
  LabelPairs,
  MetricsRegistry,
  SelfMetric,
  Summary,
} from '../base/self-metrics.ts'

/** What is told of one group, under the label rule_group="FILE;NAME". */
export class GroupCounts {
  readonly labels: LabelPairs
  missed = 0
  scheduled = 0
  evaluations = 0
  failures = 0
  lastEvaluationMs: number | undefined
  lastDurationMs = 0
  lastRuleDurationsMs = 0
  lastRestoreMs: number | undefined
  samples = 0

  constructor(
    readonly key: string,
    public intervalMs: number,
    public rules: number,
  ) {
    this.labels = [['rule_group', key]]
  }

  /** The same counters, for a group that takes this one's place. */
  continuedBy({ intervalMs, rules }: GroupCounts): GroupCounts {
    this.intervalMs = intervalMs
    this.rules = rules
    return this
  }
}

const secondsBounds = [0.01, 0.1, 1, 10]

/** Metrics of rules under upstream's names (rows R2.1 and R2.10). */
export class RuleMetrics {
  readonly expansions: Counter
  readonly expansionFailures: Counter
  readonly #ruleSummary: Summary
  readonly #ruleHistogram: Histogram
  readonly #groupSummary: Summary
  readonly #groupHistogram: Histogram

  constructor(registry: MetricsRegistry, groups: () => Iterable<GroupCounts>) {
    this.expansions = registry.counter(
      'prometheus_template_text_expansions_total',
      'The total number of template text expansions.',
    )
    this.expansionFailures = registry.counter(
      'prometheus_template_text_expansion_failures_total',
      'The total number of template text expansion failures.',
    )
    const ruleHelp = 'The duration for a rule to execute.'
    const groupHelp = 'The duration of rule group evaluations.'
    this.#ruleSummary = registry.summary(
      'prometheus_rule_evaluation_duration_seconds',
      ruleHelp,
      [0.5, 0.9, 0.99],
    )
    this.#ruleHistogram = registry.histogram(
      'prometheus_rule_evaluation_duration_histogram_seconds',
      ruleHelp,
      secondsBounds,
    )
    this.#groupSummary = registry.summary(
      'prometheus_rule_group_duration_seconds',
      groupHelp,
      [0.01, 0.05, 0.5, 0.9, 0.99],
    )
    this.#groupHistogram = registry.histogram(
      'prometheus_rule_group_duration_histogram_seconds',
      groupHelp,
      secondsBounds,
    )
    for (const [kind, name, help, read] of perGroup) {
      registry.members(`prometheus_rule_${name}`, kind, help, () => {
        const members: SelfMetric[] = []
        for (const counts of groups()) {
          const value = read(counts)
          if (value !== undefined) members.push({ labels: counts.labels, value })
        }
        return members
      })
    }
  }

  ruleTook(durationMs: number): void {
    this.#ruleSummary.observe(durationMs / 1_000)
    this.#ruleHistogram.observe(durationMs / 1_000)
  }

  groupTook(durationMs: number): void {
    this.#groupSummary.observe(durationMs / 1_000)
    this.#groupHistogram.observe(durationMs / 1_000)
  }
}

type PerGroup = readonly [
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  read: (counts: GroupCounts) => number | undefined,
]

const perGroup: readonly PerGroup[] = [
  [
    'counter',
    'group_iterations_missed_total',
    'The total number of rule group evaluations missed due to slow rule group evaluation.',
    ({ missed }) => missed,
  ],
  [
    'counter',
    'group_iterations_total',
    'The total number of scheduled rule group evaluations, whether executed or missed.',
    ({ scheduled }) => scheduled,
  ],
  [
    'counter',
    'evaluations_total',
    'The total number of rule evaluations.',
    ({ evaluations }) => evaluations,
  ],
  [
    'counter',
    'evaluation_failures_total',
    'The total number of rule evaluation failures.',
    ({ failures }) => failures,
  ],
  [
    'gauge',
    'group_interval_seconds',
    'The interval of a rule group.',
    ({ intervalMs }) => intervalMs / 1_000,
  ],
  [
    'gauge',
    'group_last_evaluation_timestamp_seconds',
    'The timestamp of the last rule group evaluation in seconds.',
    ({ lastEvaluationMs }) => (lastEvaluationMs ?? 0) / 1_000,
  ],
  [
    'gauge',
    'group_last_duration_seconds',
    'The duration of the last rule group evaluation.',
    ({ lastDurationMs }) => lastDurationMs / 1_000,
  ],
  [
    'gauge',
    'group_last_rule_duration_sum_seconds',
    'The sum of time in seconds it took to evaluate each rule in the group regardless of concurrency. This should be higher than the group duration if rules are evaluated concurrently.',
    ({ lastRuleDurationsMs }) => lastRuleDurationsMs / 1_000,
  ],
  [
    'gauge',
    'group_last_restore_duration_seconds',
    'The duration of the last alert rules alerts restoration using the `ALERTS_FOR_STATE` series.',
    ({ lastRestoreMs }) => (lastRestoreMs === undefined ? undefined : lastRestoreMs / 1_000),
  ],
  ['gauge', 'group_rules', 'The number of rules.', ({ rules }) => rules],
  [
    'gauge',
    'group_last_evaluation_samples',
    'The number of samples returned during the last rule group evaluation.',
    ({ samples }) => samples,
  ],
]
