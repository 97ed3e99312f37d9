import { functionSignatures } from '../promql/parse/function-signatures.ts'
import type { Flags } from './flags.ts'

/** By category and name, whether it is on. */
export type FeatureReport = Readonly<Record<string, Readonly<Record<string, boolean>>>>

const operators = [
  ...['!=', '!~', '%', '*', '+', '-', '/', '<', '</', '<=', '==', '=~', '>', '>/', '>=', '@', '^'],
  ...['and', 'atan2', 'avg', 'bottomk', 'count', 'count_values', 'group', 'max', 'min', 'or'],
  ...['quantile', 'stddev', 'stdvar', 'sum', 'topk', 'unless'],
]

const keywords = [
  ...['at_modifier', 'bool', 'by', 'duration_expr', 'group_left', 'group_right', 'ignoring'],
  ...['negative_offset', 'offset', 'on', 'per_query_lookback_delta', 'subqueries', 'without'],
]

const templateNames = [
  ...['args', 'externalURL', 'first', 'graphLink', 'humanize', 'humanize1024', 'humanizeDuration'],
  ...['humanizePercentage', 'humanizeTimestamp', 'label', 'match', 'now', 'parseDuration'],
  ...['pathPrefix', 'query', 'reReplaceAll', 'safeHtml', 'sortByLabel', 'stripDomain'],
  ...['stripPort', 'strvalue', 'tableLink', 'title', 'toDuration', 'toLower', 'toTime'],
  ...['toUpper', 'urlQueryEscape', 'value'],
]

const allOf = (names: readonly string[], isOn: boolean): Readonly<Record<string, boolean>> =>
  Object.fromEntries(names.map((name) => [name, isOn]))

/** The answer of /api/v1/features (rows A6.9 and A6.10), by upstream's names. */
export function featureReport(flags: Flags, mechanisms: readonly string[]): FeatureReport {
  const feature = (name: string) => flags.isFeatureOn(name)
  const experimental = feature('promql-experimental-functions')
  const ranges = feature('promql-extended-range-selectors')
  const fill = feature('promql-binop-fill-modifiers')
  const typeLabels = feature('type-and-unit-labels')
  return sorted({
    api: {
      admin: flags.isOn('web.enable-admin-api'),
      lifecycle: flags.isOn('web.enable-lifecycle'),
      otlp_write_receiver: false,
      remote_write_receiver: flags.isOn('web.enable-remote-write-receiver'),
      ...allOf(['exclude_alerts', 'label_values_match', 'query_stats', 'query_warnings'], true),
      ...allOf(['openapi_3.1', 'openapi_3.2', 'time_range_labels', 'time_range_series'], true),
      search: feature('search-api'),
      ...allOf(['search_fuzz_alg_jarowinkler', 'search_fuzz_alg_subsequence'], true),
    },
    otlp_receiver: { delta_conversion: false, native_delta_ingestion: false },
    prometheus: {
      agent_mode: false,
      auto_reload_config: feature('auto-reload-config'),
      server_mode: true,
    },
    promql: {
      ...allOf(keywords, true),
      ...allOf(['anchored', 'smoothed'], ranges),
      ...allOf(['fill', 'fill_left', 'fill_right'], fill),
      delayed_name_removal: feature('promql-delayed-name-removal'),
      per_step_stats: feature('promql-per-step-stats'),
      type_and_unit_labels: typeLabels,
    },
    promql_functions: Object.fromEntries(
      [...functionSignatures].map(([name, signature]) => [
        name,
        !signature.experimental || experimental,
      ]),
    ),
    promql_operators: {
      ...allOf(operators, true),
      ...allOf(['limit_ratio', 'limitk'], experimental),
    },
    rules: {
      concurrent_rule_eval: feature('concurrent-rule-eval'),
      ...allOf(['keep_firing_for', 'query_offset'], true),
    },
    scrape: {
      // A key of the configuration, whose default alone the flag changes.
      extra_scrape_metrics: true,
      // Upstream names it where it is on only.
      ...allOf(feature('st-synthesis') ? ['st-synthesis'] : [], true),
      start_timestamp_zero_ingestion: feature('created-timestamp-zero-ingestion'),
      type_and_unit_labels: typeLabels,
    },
    service_discovery_providers: allOf(mechanisms, true),
    templating_functions: allOf(templateNames, true),
    tsdb: {
      delayed_compaction: feature('delayed-compaction'),
      exemplar_storage: feature('exemplar-storage'),
      histograms_st_encoding: feature('histograms-st-encoding'),
      ...allOf(['isolation', 'native_histograms', 'xor2_encoding'], true),
      st_storage: feature('st-storage'),
      use_uncached_io: feature('use-uncached-io'),
    },
    ui: { ui_v2: false, ui_v3: true },
  })
}

/** Categories and names by their bytes, as Go prints maps. */
function sorted(report: FeatureReport): FeatureReport {
  const byName = (a: readonly [string, unknown], b: readonly [string, unknown]) =>
    a[0] < b[0] ? -1 : 1
  return Object.fromEntries(
    Object.entries(report)
      .sort(byName)
      .map(([category, names]) => [
        category,
        Object.fromEntries(Object.entries(names).sort(byName)),
      ]),
  )
}
