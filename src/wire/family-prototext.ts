import type { EscapingScheme } from '../model/name-escaping.ts'
import { beginFamily, writeMetric } from './family-protobuf.ts'
import type { FamilyWriter } from './family-writer.ts'
import type { ExposedMetric, FamilyType, MetricFamily } from './metric-family.ts'
import { ProtoWriter } from './proto-writer.ts'
import { type MessageShape, type PrototextLayout, prototext } from './prototext.ts'

const label: MessageShape = [
  { number: 1, name: 'name', kind: 'text' },
  { number: 2, name: 'value', kind: 'text' },
]
const plainValue: MessageShape = [{ number: 1, name: 'value', kind: 'double' }]
const quantile: MessageShape = [
  { number: 1, name: 'quantile', kind: 'double' },
  { number: 2, name: 'value', kind: 'double' },
]
const summary: MessageShape = [
  { number: 1, name: 'sample_count', kind: 'integer' },
  { number: 2, name: 'sample_sum', kind: 'double' },
  { number: 3, name: 'quantile', kind: quantile },
]
const bucket: MessageShape = [
  { number: 1, name: 'cumulative_count', kind: 'integer' },
  { number: 4, name: 'cumulative_count_float', kind: 'double' },
  { number: 2, name: 'upper_bound', kind: 'double' },
]
const span: MessageShape = [
  { number: 1, name: 'offset', kind: 'signed' },
  { number: 2, name: 'length', kind: 'integer' },
]
const histogram: MessageShape = [
  { number: 1, name: 'sample_count', kind: 'integer' },
  { number: 4, name: 'sample_count_float', kind: 'double' },
  { number: 2, name: 'sample_sum', kind: 'double' },
  { number: 3, name: 'bucket', kind: bucket },
  { number: 5, name: 'schema', kind: 'signed' },
  { number: 6, name: 'zero_threshold', kind: 'double' },
  { number: 8, name: 'zero_count_float', kind: 'double' },
  { number: 9, name: 'negative_span', kind: span },
  { number: 11, name: 'negative_count', kind: 'double' },
  { number: 12, name: 'positive_span', kind: span },
  { number: 14, name: 'positive_count', kind: 'double' },
]
const metric: MessageShape = [
  { number: 1, name: 'label', kind: label },
  { number: 2, name: 'gauge', kind: plainValue },
  { number: 3, name: 'counter', kind: plainValue },
  { number: 4, name: 'summary', kind: summary },
  { number: 5, name: 'untyped', kind: plainValue },
  { number: 7, name: 'histogram', kind: histogram },
  { number: 6, name: 'timestamp_ms', kind: 'integer' },
]
const types = ['COUNTER', 'GAUGE', 'SUMMARY', 'UNTYPED', 'HISTOGRAM', 'GAUGE_HISTOGRAM']
/** io.prometheus.client.MetricFamily, as far as family-protobuf writes it. */
const family: MessageShape = [
  { number: 1, name: 'name', kind: 'text' },
  { number: 2, name: 'help', kind: 'text' },
  { number: 3, name: 'type', kind: types },
  { number: 4, name: 'metric', kind: metric },
]

/** Metric families as prototext: what stands in a message of protobuf, for people to read. */
export class PrototextFamilies implements FamilyWriter {
  readonly #layout: PrototextLayout
  readonly #escaping: EscapingScheme
  readonly #scratch = new ProtoWriter()
  /** Of the family at hand; undefined before the first. */
  #type: FamilyType | undefined

  constructor(layout: PrototextLayout, escaping: EscapingScheme) {
    this.#layout = layout
    this.#escaping = escaping
  }

  begin(head: Omit<MetricFamily, 'metrics'>): string {
    const before = this.end()
    this.#type = head.type
    this.#scratch.reset()
    const start = beginFamily(this.#scratch, head, this.#escaping)
    return before + prototext(this.#scratch.view().subarray(start), family, this.#layout)
  }

  metric(one: ExposedMetric): string {
    this.#scratch.reset()
    writeMetric(this.#scratch, this.#type ?? 'untyped', one, this.#escaping)
    const text = prototext(this.#scratch.view(), family, this.#layout)
    return this.#layout === 'compact' ? ` ${text}` : text
  }

  end(): string {
    return this.#type === undefined ? '' : '\n'
  }
}
