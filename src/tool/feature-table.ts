/** What giving a feature does: something, nothing any more (as in upstream), or it is refused. */
export type FeatureState = 'built' | 'always on' | 'later'

/** Every name that --enable-feature of Prometheus 3.14 knows (row F1.46). */
export const featureTable: ReadonlyMap<string, FeatureState> = new Map<string, FeatureState>([
  ['auto-reload-config', 'built'],
  ['concurrent-rule-eval', 'built'],
  ['created-timestamp-zero-ingestion', 'built'],
  ['delayed-compaction', 'built'],
  ['exemplar-storage', 'built'],
  ['extra-scrape-metrics', 'built'],
  ['fast-startup', 'built'],
  ['histograms-st-encoding', 'built'],
  ['memory-snapshot-on-shutdown', 'built'],
  ['metadata-wal-records', 'built'],
  ['native-histograms', 'always on'],
  ['old-ui', 'later'],
  ['ooo-native-histograms', 'always on'],
  ['otlp-deltatocumulative', 'later'],
  ['otlp-native-delta-ingestion', 'later'],
  ['promql-binop-fill-modifiers', 'built'],
  ['promql-delayed-name-removal', 'built'],
  ['promql-duration-expr', 'always on'],
  ['promql-experimental-functions', 'built'],
  ['promql-extended-range-selectors', 'built'],
  ['promql-per-step-stats', 'built'],
  ['search-api', 'built'],
  ['st-storage', 'built'],
  ['st-synthesis', 'built'],
  ['type-and-unit-labels', 'built'],
  ['use-start-timestamps', 'built'],
  ['use-uncached-io', 'built'],
  ['xor2-encoding', 'built'],
])

/** The names in the values of the flag, each of which may list several with commas. */
export function featureNames(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(',')).filter((name) => name !== '')
}
