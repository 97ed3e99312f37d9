/** Writes delimited io.prometheus.client.MetricFamily messages by hand, for servers in tests. */

export interface BucketText {
  readonly le: number
  readonly count: number
  readonly exemplar?: ExemplarText
}

interface ExemplarText {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly timestampMs?: number
}

interface HistogramText {
  readonly count?: number
  readonly countFloat?: number
  readonly sum: number
  readonly buckets?: readonly BucketText[]
  readonly schema?: number
  readonly zeroThreshold?: number
  readonly zeroCount?: number
  /** Offset and length of each span. */
  readonly positiveSpans?: readonly (readonly [number, number])[]
  readonly positiveDeltas?: readonly number[]
  readonly positiveCounts?: readonly number[]
  readonly negativeSpans?: readonly (readonly [number, number])[]
  readonly negativeDeltas?: readonly number[]
  readonly exemplars?: readonly ExemplarText[]
  readonly startMs?: number
}

export interface MetricText {
  readonly labels?: Readonly<Record<string, string>>
  readonly counter?: {
    readonly value: number
    readonly exemplar?: ExemplarText
    readonly startMs?: number
  }
  readonly gauge?: number
  readonly untyped?: number
  readonly summary?: {
    readonly count: number
    readonly sum: number
    readonly quantiles: readonly (readonly [number, number])[]
    readonly startMs?: number
  }
  readonly histogram?: HistogramText
  readonly timestampMs?: number
}

export interface FamilyText {
  readonly name: string
  readonly type: number
  readonly help?: string
  readonly unit?: string
  readonly metrics: readonly MetricText[]
}

type Part = Buffer | undefined

export function metricFamilies(families: readonly FamilyText[]): Buffer {
  return Buffer.concat(families.map((family) => delimited(familyBytes(family))))
}

function familyBytes({ name, type, help, unit, metrics }: FamilyText): Buffer {
  return joined([
    text(1, name),
    help === undefined ? undefined : text(2, help),
    number(3, type),
    ...metrics.map((metric) => message(4, metricBytes(metric))),
    unit === undefined ? undefined : text(5, unit),
  ])
}

function metricBytes(metric: MetricText): Buffer {
  const { counter, summary } = metric
  return joined([
    ...pairs(metric.labels),
    metric.gauge === undefined ? undefined : message(2, double(1, metric.gauge)),
    counter === undefined
      ? undefined
      : message(
          3,
          joined([
            double(1, counter.value),
            exemplar(2, counter.exemplar),
            time(3, counter.startMs),
          ]),
        ),
    summary === undefined
      ? undefined
      : message(
          4,
          joined([
            number(1, summary.count),
            double(2, summary.sum),
            ...summary.quantiles.map(([at, value]) =>
              message(3, joined([double(1, at), double(2, value)])),
            ),
            time(4, summary.startMs),
          ]),
        ),
    metric.untyped === undefined ? undefined : message(5, double(1, metric.untyped)),
    metric.timestampMs === undefined ? undefined : number(6, metric.timestampMs),
    metric.histogram === undefined ? undefined : message(7, histogramBytes(metric.histogram)),
  ])
}

function histogramBytes(histogram: HistogramText): Buffer {
  const span =
    (field: number) =>
    ([offset, length]: readonly [number, number]) =>
      message(field, joined([zigzag(1, offset), number(2, length)]))
  return joined([
    histogram.count === undefined ? undefined : number(1, histogram.count),
    double(2, histogram.sum),
    ...(histogram.buckets ?? []).map(({ le, count, exemplar: own }) =>
      message(3, joined([number(1, count), double(2, le), exemplar(3, own)])),
    ),
    histogram.countFloat === undefined ? undefined : double(4, histogram.countFloat),
    histogram.schema === undefined ? undefined : zigzag(5, histogram.schema),
    histogram.zeroThreshold === undefined ? undefined : double(6, histogram.zeroThreshold),
    histogram.zeroCount === undefined ? undefined : number(7, histogram.zeroCount),
    ...(histogram.negativeSpans ?? []).map(span(9)),
    packed(10, histogram.negativeDeltas),
    ...(histogram.positiveSpans ?? []).map(span(12)),
    packed(13, histogram.positiveDeltas),
    ...(histogram.positiveCounts ?? []).map((count) => double(14, count)),
    time(15, histogram.startMs),
    ...(histogram.exemplars ?? []).map((one) => exemplar(16, one)),
  ])
}

function pairs(labels: Readonly<Record<string, string>> = {}): readonly Part[] {
  return Object.entries(labels).map(([name, value]) =>
    message(1, joined([name === '' ? undefined : text(1, name), text(2, value)])),
  )
}

function exemplar(field: number, own: ExemplarText | undefined): Part {
  if (own === undefined) return undefined
  return message(
    field,
    joined([...pairs(own.labels), double(2, own.value), time(3, own.timestampMs)]),
  )
}

function time(field: number, ms: number | undefined): Part {
  if (ms === undefined) return undefined
  const nanos = (ms % 1_000) * 1_000_000
  return message(field, joined([number(1, Math.floor(ms / 1_000)), number(2, nanos)]))
}

function packed(field: number, values: readonly number[] | undefined): Part {
  if (values === undefined) return undefined
  return message(field, joined(values.map((value) => varint(zigzagOf(value)))))
}

function joined(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.filter((part) => part !== undefined))
}

function delimited(bytes: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(bytes.length)), bytes])
}

function message(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(field, 2), delimited(bytes)])
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value))
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([tag(field, 0), varint(BigInt(value))])
}

function zigzag(field: number, value: number): Buffer {
  return Buffer.concat([tag(field, 0), varint(zigzagOf(value))])
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([tag(field, 1), bytes])
}

function tag(field: number, type: number): Buffer {
  return varint(BigInt(field * 8 + type))
}

function zigzagOf(value: number): bigint {
  return value < 0 ? BigInt(-value) * 2n - 1n : BigInt(value) * 2n
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
