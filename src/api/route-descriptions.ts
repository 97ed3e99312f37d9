import {
  anything,
  dateTime,
  duration,
  flag,
  list,
  mapOf,
  object,
  oneOf,
  ref,
  type Schema,
  text,
  time,
  whole,
} from './openapi-schemas.ts'

/** What /api/v1/openapi.yaml says of one path below /api/v1/. */
export interface RouteDescription {
  readonly tag: Tag
  /** Of its operations; those that are not a GET have their method behind it. */
  readonly id: string
  /** Of its schemas. */
  readonly name: string
  readonly summary: string
  /** By name; one that ends in an exclamation mark must be given. */
  readonly parameters?: Readonly<Record<string, Schema>>
  /** Only what is posted has parameters, as a form or as a JSON object. */
  readonly isFormOnly?: boolean
  readonly answer:
    | { readonly kind: 'json'; readonly data: Schema }
    | { readonly kind: 'lines' | 'events' | 'nothing' | 'protobuf' }
}

/** Prometheus' tags, in its order, with what they are about. */
export const tags = {
  query: 'Evaluate, format and parse PromQL.',
  metadata: 'What is known of metrics.',
  labels: 'Names and values of labels.',
  series: 'Series by their labels.',
  targets: 'Targets and scrape pools.',
  rules: 'Recording and alerting rules.',
  alerts: 'Active alerts and Alertmanagers.',
  status: 'How the server is set up, and how it does.',
  admin: 'Operations on the database.',
  features: 'What is switched on.',
  remote: 'Remote read and remote write.',
  otlp: 'Metrics by OpenTelemetry protocol.',
  notifications: 'What the operator should know.',
} as const

type Tag = keyof typeof tags

const json = (data: Schema) => ({ kind: 'json', data }) as const
const texts = list(text)
const range = { start: time, end: time }
const selected = { ...range, 'match[]': texts, limit: whole }
const evaluation = { timeout: duration, lookback_delta: duration, stats: text, limit: whole }
const queryAt = { 'query!': text, time, ...evaluation }
const queryRange = {
  'query!': text,
  'start!': time,
  'end!': time,
  'step!': duration,
  ...evaluation,
}
const queryText = { 'query!': text }
/** How many are told by default is a setting: see DocumentSettings. */
export const searchedLimit: Schema = { ...whole }

const searched = {
  'match[]': texts,
  'search[]': texts,
  fuzz_threshold: { ...whole, minimum: 0, maximum: 100 },
  fuzz_alg: oneOf('subsequence', 'jarowinkler'),
  case_sensitive: flag,
  sort_by: oneOf('alpha', 'score'),
  sort_dir: oneOf('asc', 'dsc'),
  include_score: flag,
  ...range,
  limit: searchedLimit,
  batch_size: whole,
}
const ofRules = {
  type: oneOf('alert', 'record'),
  'rule_name[]': texts,
  'rule_group[]': texts,
  'file[]': texts,
  'match[]': texts,
  exclude_alerts: flag,
  group_limit: whole,
  group_next_token: text,
}

function described(
  tag: Tag,
  id: string,
  name: string,
  summary: string,
  answer: RouteDescription['answer'],
  parameters: RouteDescription['parameters'] = {},
): RouteDescription {
  return { tag, id, name, summary, answer, parameters }
}

const queries: Readonly<Record<string, RouteDescription>> = {
  query: described(
    'query',
    'query',
    'Query',
    'Evaluate an instant query',
    json(ref('QueryData')),
    queryAt,
  ),
  query_range: described(
    'query',
    'query-range',
    'QueryRange',
    'Evaluate a range query',
    json(ref('QueryData')),
    queryRange,
  ),
  'narthex/explain': described(
    'query',
    'explain',
    'Explain',
    'How a query is evaluated, and with analyze what that took',
    json(anything),
    { ...queryAt, ...range, step: duration, analyze: flag },
  ),
  query_exemplars: described(
    'query',
    'query-exemplars',
    'QueryExemplars',
    'Exemplars of the series of a query',
    json(list(ref('Exemplars'))),
    { ...queryText, ...range },
  ),
  format_query: described(
    'query',
    'format-query',
    'FormatQuery',
    'Format a query',
    json(text),
    queryText,
  ),
  parse_query: described(
    'query',
    'parse-query',
    'ParseQuery',
    'Parse a query',
    json(anything),
    queryText,
  ),
  labels: described('labels', 'labels', 'Labels', 'Names of labels', json(texts), selected),
  'label/{name}/values': described(
    'labels',
    'label-values',
    'LabelValues',
    'Values of a label',
    json(texts),
    selected,
  ),
  'search/metric_names': described(
    'metadata',
    'search-metric-names',
    'SearchMetricNames',
    'Search names of metrics',
    { kind: 'lines' },
    { ...searched, include_metadata: flag },
  ),
  'search/label_names': described(
    'labels',
    'search-label-names',
    'SearchLabelNames',
    'Search names of labels',
    { kind: 'lines' },
    searched,
  ),
  'search/label_values': described(
    'labels',
    'search-label-values',
    'SearchLabelValues',
    'Search values of a label',
    { kind: 'lines' },
    { 'label!': text, ...searched },
  ),
  series: described(
    'series',
    'series',
    'Series',
    'Series by their labels',
    json(list(ref('Labels'))),
    { ...selected, 'match[]!': texts },
  ),
}

const scraped: Readonly<Record<string, RouteDescription>> = {
  metadata: described(
    'metadata',
    'get-metadata',
    'Metadata',
    'Metadata of metrics',
    json(mapOf(list(ref('Metadata')))),
    { limit: whole, limit_per_metric: whole, metric: text },
  ),
  scrape_pools: described(
    'targets',
    'get-scrape-pools',
    'ScrapePools',
    'Names of scrape pools',
    json(object({ scrapePools: texts })),
  ),
  'scrape_pools/config': described(
    'targets',
    'get-scrape-pool-config',
    'ScrapePoolConfig',
    'Configuration of a scrape pool',
    json(object({ yaml: text })),
    { 'scrapePool!': text },
  ),
  targets: described(
    'targets',
    'get-targets',
    'Targets',
    'Targets and how they are',
    json(ref('TargetDiscovery')),
    { scrapePool: text, state: oneOf('active', 'dropped', 'any') },
  ),
  'targets/metadata': described(
    'targets',
    'get-targets-metadata',
    'TargetMetadata',
    'Metadata that targets tell',
    json(list(ref('MetricMetadata'))),
    { match_target: text, metric: text, limit: whole },
  ),
  'targets/relabel_steps': described(
    'targets',
    'get-targets-relabel-steps',
    'TargetRelabelSteps',
    'What each relabeling rule of a pool does to labels',
    json(object({ steps: list(ref('RelabelStep')) })),
    { 'scrapePool!': text, 'labels!': text },
  ),
  rules: described(
    'rules',
    'rules',
    'Rules',
    'Rules by group',
    json(object({ groups: list(ref('RuleGroup')), 'groupNextToken?': text })),
    ofRules,
  ),
  'rules/backtest': {
    ...described(
      'rules',
      'rules-backtest',
      'RulesBacktest',
      'Evaluate rules over past data, or list what is being evaluated so',
      json({
        anyOf: [
          object({ start: dateTime, end: dateTime, groups: list(ref('BacktestedGroup')) }),
          list(ref('RunningBacktest')),
        ],
      }),
      {
        'rules!': text,
        'start!': time,
        'end!': time,
        file: text,
        series_limit: whole,
        timeout: duration,
      },
    ),
    isFormOnly: true,
  },
  alerts: described(
    'alerts',
    'alerts',
    'Alerts',
    'Active alerts',
    json(object({ alerts: list(ref('Alert')) })),
  ),
  'alerts/history': described(
    'alerts',
    'alerts-history',
    'AlertsHistory',
    'When alerts were pending and firing',
    json(object({ alerts: list(ref('AlertIntervals')) })),
    selected,
  ),
  alertmanagers: described(
    'alerts',
    'alertmanagers',
    'Alertmanagers',
    'Alertmanagers that are told, and those dropped',
    json(
      object({
        activeAlertmanagers: list(ref('AlertmanagerTarget')),
        droppedAlertmanagers: list(ref('AlertmanagerTarget')),
      }),
    ),
  ),
}

const statuses: Readonly<Record<string, RouteDescription>> = {
  'status/config': described(
    'status',
    'get-status-config',
    'StatusConfig',
    'The configuration as it is used',
    json(object({ yaml: text })),
  ),
  'status/runtimeinfo': described(
    'status',
    'get-status-runtimeinfo',
    'StatusRuntimeInfo',
    'How the process runs',
    json(mapOf(anything)),
  ),
  'status/buildinfo': described(
    'status',
    'get-status-buildinfo',
    'StatusBuildInfo',
    'What the server is',
    json(mapOf(text)),
  ),
  'status/flags': described(
    'status',
    'get-status-flags',
    'StatusFlags',
    'Flags and their values',
    json(mapOf(text)),
  ),
  'status/tsdb': described(
    'status',
    'status-tsdb',
    'StatusTSDB',
    'What the database holds most of',
    json(ref('TSDBStatus')),
    { limit: whole },
  ),
  'status/tsdb/blocks': described(
    'status',
    'status-tsdb-blocks',
    'StatusTSDBBlocks',
    'Blocks of the database',
    json(object({ blocks: list(ref('BlockMeta')) })),
  ),
  'status/walreplay': described(
    'status',
    'get-status-walreplay',
    'StatusWALReplay',
    'How far the log is replayed',
    json(object({ min: whole, max: whole, current: whole })),
  ),
  'status/self_metrics': described(
    'status',
    'get-status-self-metrics',
    'StatusSelfMetrics',
    'Metrics of the server itself',
    json(list(mapOf(anything))),
    { metric_name_pattern: text },
  ),
  features: described(
    'features',
    'get-features',
    'Features',
    'Features, and which are on',
    json(mapOf(mapOf(flag))),
  ),
  notifications: described(
    'notifications',
    'get-notifications',
    'Notifications',
    'What the operator should know now',
    json(list(ref('Notification'))),
  ),
  'notifications/live': described(
    'notifications',
    'notifications-live',
    'NotificationsLive',
    'Notifications as they come and go',
    { kind: 'events' },
  ),
}

const others: Readonly<Record<string, RouteDescription>> = {
  'admin/tsdb/delete_series': described(
    'admin',
    'delete-series',
    'DeleteSeries',
    'Delete samples of series',
    { kind: 'nothing' },
    { ...range, 'match[]!': texts },
  ),
  'admin/tsdb/clean_tombstones': described(
    'admin',
    'clean-tombstones',
    'CleanTombstones',
    'Free the space of deleted samples',
    { kind: 'nothing' },
  ),
  'admin/tsdb/snapshot': described(
    'admin',
    'snapshot',
    'Snapshot',
    'Write a copy of the database',
    json(object({ name: text })),
    { skip_head: flag },
  ),
  write: described('remote', 'remote-write', 'RemoteWrite', 'Write samples', { kind: 'nothing' }),
  read: described('remote', 'remote-read', 'RemoteRead', 'Read samples', { kind: 'protobuf' }),
  'otlp/v1/metrics': described(
    'otlp',
    'otlp-write',
    'OtlpWrite',
    'Write metrics of OpenTelemetry',
    { kind: 'nothing' },
  ),
}

/** Every path below /api/v1/ but the description's own; a test holds the router's list against it. */
export const routeDescriptions: Readonly<Record<string, RouteDescription>> = {
  ...queries,
  ...scraped,
  ...statuses,
  ...others,
}
