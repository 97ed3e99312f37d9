/** A JSON Schema as OpenAPI has it. */
export type Schema = Readonly<Record<string, unknown>>

export const text: Schema = { type: 'string' }
export const whole: Schema = { type: 'integer', format: 'int64' }
export const number: Schema = { type: 'number', format: 'double' }
export const flag: Schema = { type: 'boolean' }
export const dateTime: Schema = { type: 'string', format: 'date-time' }
export const anything: Schema = {}

/** A parameter that is a time (row A1.10). */
export const time: Schema = {
  oneOf: [
    { type: 'string', format: 'date-time', description: 'RFC 3339.' },
    { type: 'number', format: 'unixtime', description: 'Seconds since 1970.' },
  ],
}

/** A parameter that is a duration (row A1.11). */
export const duration: Schema = {
  oneOf: [
    { type: 'string', format: 'duration', description: 'Such as 15s or 2m30s.' },
    { type: 'number', format: 'float', description: 'Seconds.' },
  ],
}

export function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

export function pair(first: Schema, second: Schema): Schema {
  return { type: 'array', prefixItems: [first, second], minItems: 2, maxItems: 2 }
}

export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

/** Names that end in a question mark may be absent. */
export function object(fields: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(fields)
  const required = names.filter((name) => !name.endsWith('?'))
  return {
    type: 'object',
    properties: Object.fromEntries(
      names.map((name) => [name.replace(/\?$/, ''), fields[name] ?? anything]),
    ),
    ...(required.length === 0 ? {} : { required }),
  }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

const texts = list(text)
const named = list(object({ name: text, value: whole }))
const metric = { metric: ref('Labels') }
const result = (type: string, of: Schema) =>
  object({ resultType: oneOf(type), result: of, 'stats?': ref('QueryStats') })

/** What answers are made of, by the names that Prometheus' description has for it. */
export const dataSchemas: Readonly<Record<string, Schema>> = {
  Error: object({ status: oneOf('error'), errorType: text, error: text }),
  Labels: mapOf(text),
  FloatPoint: pair(number, text),
  HistogramPoint: pair(number, ref('HistogramValue')),
  HistogramValue: object({
    count: text,
    sum: text,
    'buckets?': list(list({ oneOf: [number, text] })),
  }),
  FloatSample: object({ ...metric, value: ref('FloatPoint') }),
  HistogramSample: object({ ...metric, histogram: ref('HistogramPoint') }),
  Series: object({
    ...metric,
    'values?': list(ref('FloatPoint')),
    'histograms?': list(ref('HistogramPoint')),
  }),
  QueryStats: object({ timings: mapOf(number), samples: mapOf(anything) }),
  QueryData: {
    anyOf: [
      result('vector', list({ anyOf: [ref('FloatSample'), ref('HistogramSample')] })),
      result('matrix', list(ref('Series'))),
      result('scalar', ref('FloatPoint')),
      result('string', ref('FloatPoint')),
    ],
  },
  Exemplars: object({
    seriesLabels: ref('Labels'),
    exemplars: list(object({ labels: ref('Labels'), value: text, timestamp: number })),
  }),
  Metadata: object({ type: text, help: text, unit: text }),
  MetricMetadata: object({
    target: ref('Labels'),
    'metric?': text,
    type: text,
    help: text,
    unit: text,
  }),
  Target: object({
    discoveredLabels: ref('Labels'),
    labels: ref('Labels'),
    scrapePool: text,
    scrapeUrl: text,
    globalUrl: text,
    lastError: text,
    lastScrape: dateTime,
    lastScrapeDuration: number,
    health: oneOf('up', 'down', 'unknown'),
    scrapeInterval: text,
    scrapeTimeout: text,
  }),
  DroppedTarget: object({ discoveredLabels: ref('Labels'), scrapePool: text }),
  TargetDiscovery: object({
    activeTargets: list(ref('Target')),
    droppedTargets: list(ref('DroppedTarget')),
    droppedTargetCounts: { type: ['object', 'null'], additionalProperties: whole },
  }),
  RelabelStep: object({ rule: mapOf(anything), output: ref('Labels'), keep: flag }),
  Alert: object({
    labels: ref('Labels'),
    annotations: ref('Labels'),
    state: oneOf('inactive', 'pending', 'firing'),
    'activeAt?': dateTime,
    'keepFiringSince?': dateTime,
    value: text,
  }),
  Rule: object({
    type: oneOf('alerting', 'recording'),
    name: text,
    query: text,
    'labels?': ref('Labels'),
    health: text,
    'lastError?': text,
    evaluationTime: number,
    lastEvaluation: dateTime,
    'state?': oneOf('inactive', 'pending', 'firing', 'unknown'),
    'duration?': number,
    'keepFiringFor?': number,
    'annotations?': ref('Labels'),
    'alerts?': list(ref('Alert')),
  }),
  RuleGroup: object({
    name: text,
    file: text,
    rules: list(ref('Rule')),
    interval: number,
    limit: whole,
    evaluationTime: number,
    lastEvaluation: dateTime,
  }),
  AlertInterval: object({
    state: oneOf('pending', 'firing'),
    start: dateTime,
    'end?': dateTime,
    duration: number,
    'activeAt?': dateTime,
    'value?': text,
    'annotations?': ref('Labels'),
  }),
  AlertIntervals: object({ labels: ref('Labels'), intervals: list(ref('AlertInterval')) }),
  BacktestedRule: object({
    type: oneOf('alerting', 'recording'),
    name: text,
    query: text,
    labels: ref('Labels'),
    failures: whole,
    'lastError?': text,
    'duration?': number,
    'keepFiringFor?': number,
    'annotations?': ref('Labels'),
    'alerts?': list(ref('AlertIntervals')),
    'series?': whole,
    'samples?': whole,
    'result?': list(ref('Series')),
  }),
  BacktestedGroup: object({
    name: text,
    file: text,
    interval: number,
    evaluations: whole,
    'firstEvaluation?': dateTime,
    'lastEvaluation?': dateTime,
    rules: list(ref('BacktestedRule')),
  }),
  RunningBacktest: object({
    file: text,
    start: dateTime,
    end: dateTime,
    startedAt: dateTime,
    evaluations: whole,
    evaluationsTotal: whole,
  }),
  AlertmanagerTarget: object({ url: text }),
  TSDBStatus: object({
    headStats: mapOf(whole),
    seriesCountByMetricName: named,
    labelValueCountByLabelName: named,
    memoryInBytesByLabelName: named,
    seriesCountByLabelValuePair: named,
  }),
  BlockMeta: object({
    ulid: text,
    minTime: whole,
    maxTime: whole,
    stats: mapOf(whole),
    compaction: object({ level: whole, 'sources?': texts, 'parents?': list(mapOf(anything)) }),
    version: whole,
  }),
  Notification: object({ text, date: dateTime, active: flag }),
}
