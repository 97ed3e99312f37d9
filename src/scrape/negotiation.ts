import type { EscapingScheme, ScrapeProtocol } from '../config/config.ts'
import { goQuote } from '../model/go-quote.ts'
import { parseMediaType } from '../model/media-type.ts'
import { ScrapeFault } from './scrape-fault.ts'

const mediaTypes: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
}

/** The formats that this version reads. */
export type PageFormat = 'text' | 'openmetrics' | 'protobuf'

const fallbackFormats: Readonly<Record<ScrapeProtocol, PageFormat>> = {
  PrometheusProto: 'protobuf',
  'PrometheusText0.0.4': 'text',
  'PrometheusText1.0.0': 'text',
  'OpenMetricsText0.0.1': 'openmetrics',
  'OpenMetricsText1.0.0': 'openmetrics',
}

/** The Accept header: the protocols in their order with falling weight, then anything (row S1.1). */
export function acceptHeader(
  protocols: readonly ScrapeProtocol[],
  escaping: EscapingScheme,
): string {
  let weight = Object.keys(mediaTypes).length + 1
  const values = protocols.map((protocol) => {
    const hasEscaping = protocol === 'PrometheusText1.0.0' || protocol === 'OpenMetricsText1.0.0'
    const parameters = hasEscaping ? `;escaping=${escaping}` : ''
    return `${mediaTypes[protocol]}${parameters};q=0.${weight--}`
  })
  return [...values, `*/*;q=0.${weight}`].join(',')
}

/**
 * How a page is to be read, by its Content-Type or else by the job's fallback protocol (row S1.4).
 * Throws ScrapeFault in upstream's words where neither tells.
 */
export function pageFormat(contentType: string, fallback: ScrapeProtocol | undefined): PageFormat {
  // What nearly every target says; to take a header apart costs more than to read fifty samples.
  if (contentType === 'text/plain; version=0.0.4; charset=utf-8') return 'text'
  const type = parseMediaType(contentType)
  const known = type.fault === undefined ? formatOf(type.name) : undefined
  if (known !== undefined) return known
  if (fallback !== undefined) return fallbackFormats[fallback]
  if (contentType === '') {
    throw new ScrapeFault(
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    )
  }
  const quoted = goQuote(contentType)
  throw new ScrapeFault(
    type.fault === undefined
      ? `received unsupported Content-Type ${quoted} and no fallback_scrape_protocol specified for target`
      : `cannot parse Content-Type ${quoted} and no fallback_scrape_protocol for target\n${type.fault}`,
  )
}

function formatOf(type: string): PageFormat | undefined {
  if (type === 'application/openmetrics-text') return 'openmetrics'
  if (type === 'application/vnd.google.protobuf') return 'protobuf'
  return type === 'text/plain' ? 'text' : undefined
}
