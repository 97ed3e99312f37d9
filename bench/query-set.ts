interface SetQuery {
  readonly query: string
  readonly step?: number
  /** Only of servers that keep native histograms. */
  readonly ofHistograms?: boolean
}

/** The queries that dashboards and alerts ask of such data; `step` in seconds, absent for instant ones. */
export const querySet: readonly SetQuery[] = [
  { query: 'up_or_nothing or vector(1)', step: 60 },
  { query: 'node_gauge_0', step: 60 },
  { query: 'node_gauge_3{instance="host-7:9100"}', step: 15 },
  { query: 'sum(node_gauge_1)', step: 60 },
  { query: 'avg by (zone) (node_gauge_2)', step: 60 },
  { query: 'max by (instance) (node_gauge_4)', step: 60 },
  { query: 'min(node_gauge_5) by (zone)', step: 60 },
  { query: 'count by (zone) (node_gauge_6 > 100)', step: 60 },
  { query: 'rate(http_requests_total[5m])', step: 60 },
  { query: 'sum(rate(http_requests_total[5m]))', step: 60 },
  { query: 'sum by (code) (rate(http_requests_total[5m]))', step: 60 },
  { query: 'sum by (instance, handler) (rate(http_requests_total{code=~"5.."}[5m]))', step: 60 },
  {
    query: 'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    step: 60,
  },
  {
    query:
      'sum by (handler) (rate(http_requests_total{code!="200"}[5m])) / sum by (handler) (rate(http_requests_total[5m]))',
    step: 60,
  },
  { query: 'sum by (instance) (rate(node_cpu_seconds_total[5m]))', step: 60 },
  {
    query: '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100',
    step: 60,
  },
  // Of values that do not tie: which of two equals is taken depends on the order of addition.
  { query: 'topk(5, node_gauge_15)', step: 60 },
  {
    query: 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))',
    step: 60,
  },
  {
    query:
      'histogram_quantile(0.9, sum by (le, handler) (rate(http_request_duration_seconds_bucket[5m])))',
    step: 60,
  },
  {
    query: 'histogram_quantile(0.5, rate(http_request_duration_seconds_bucket{zone="zone-1"}[5m]))',
    step: 60,
  },
  {
    query:
      'rate(http_request_duration_seconds_sum[5m]) / rate(http_request_duration_seconds_count[5m])',
    step: 60,
  },
  { query: 'increase(http_requests_total[1h])', step: 300 },
  { query: 'irate(node_cpu_seconds_total{mode="user"}[5m])', step: 60 },
  { query: 'max_over_time(node_gauge_7[30m])', step: 60 },
  { query: 'avg_over_time(node_gauge_8[10m])', step: 60 },
  { query: 'quantile by (zone) (0.9, node_gauge_9)', step: 60 },
  { query: 'delta(node_gauge_10[15m])', step: 60 },
  { query: 'max_over_time(sum(rate(http_requests_total[5m]))[30m:1m])', step: 300 },
  { query: 'node_gauge_11 * on (instance) group_left avg by (instance) (node_gauge_12)', step: 60 },
  { query: 'sum({__name__=~"node_gauge_.+"})', step: 60 },
  { query: 'label_replace(node_gauge_13, "host", "$1", "instance", "(.+):.+")', step: 60 },
  { query: 'absent(nothing_here{job="app"})', step: 60 },
  { query: 'sum by (mode) (rate(node_cpu_seconds_total[5m] offset 1h))', step: 60 },
  { query: 'count({job="app"})' },
  { query: 'sum by (__name__) (node_gauge_14 > bool 1000)' },
  { query: 'topk(10, node_gauge_16)' },
  { query: 'quantile_over_time(0.9, node_gauge_17[15m])', step: 60 },
  { query: 'max_over_time(node_gauge_18[1h])', step: 60 },
  { query: 'count by (instance) (node_cpu_seconds_total)', step: 60 },
  {
    query:
      'sum by (instance, handler) (rate(http_requests_total{code="500"}[5m])) / on (instance, handler) rate(http_request_duration_seconds_count[5m])',
    step: 60,
  },
  {
    query:
      'http_requests_total / on (instance, handler) group_left http_request_duration_seconds_count',
    step: 60,
  },
  // A million samples as they are.
  { query: 'http_request_duration_seconds_bucket[85m]' },
  {
    query: 'histogram_quantile(0.9, sum by (handler) (rate(http_latency_seconds[5m])))',
    step: 60,
    ofHistograms: true,
  },
]
