/** A name with how many, or how much, of it there is. */
export interface Statistic {
  readonly name: string
  readonly value: number
}

/** What the head's index holds most of, each list the largest first. */
export interface Cardinality {
  /** Label pairs that a series has. */
  readonly labelPairs: number
  readonly seriesByMetricName: readonly Statistic[]
  readonly valuesByLabelName: readonly Statistic[]
  /** Bytes of the texts of all series' pairs, had each its own. */
  readonly bytesByLabelName: readonly Statistic[]
  /** Named `name=value`. */
  readonly seriesByLabelPair: readonly Statistic[]
}

/** A block as its meta.json has it (row T5.1). */
export type BlockDescription = Readonly<Record<string, unknown>>

/** Where statistics of a database are read (row T8.8). */
export interface StatisticsSource {
  /**
   * At most `limit` of each list. It lets other work go on in between, and the answer may be up to
   * limits.statisticsAgeMs old, as upstream's.
   */
  cardinality(limit: number): Promise<Cardinality>
  /** By time. */
  blocks(): readonly BlockDescription[]
}
