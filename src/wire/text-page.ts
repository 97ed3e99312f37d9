import type { ExpositionFormat } from './exposition-format.ts'
import { PrototextFamilies } from './family-prototext.ts'
import { TextFamilies } from './family-text.ts'
import type { FamilyWriter } from './family-writer.ts'
import type { MetricFamily } from './metric-family.ts'

/** For every format but protobuf itself. */
export function familyWriter({ kind, escaping }: ExpositionFormat): FamilyWriter {
  if (kind === 'prototext') return new PrototextFamilies('lines', escaping)
  if (kind === 'compact prototext') return new PrototextFamilies('compact', escaping)
  return new TextFamilies({ isOpenMetrics: kind === 'openmetrics', escaping })
}

export function textPage(families: readonly MetricFamily[], format: ExpositionFormat): string {
  const writer = familyWriter(format)
  let text = ''
  for (const { metrics, ...head } of families) {
    text += writer.begin(head)
    for (const metric of metrics) text += writer.metric(metric)
  }
  return text + writer.end()
}
