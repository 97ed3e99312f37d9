import { limits } from '../base/limits.ts'
import type { PageScanner } from '../kernels/known-lines.ts'
import type { EntrySource, PageRules } from './entry-source.ts'
import type { ExpositionParser } from './exposition.ts'
import type { PageFormat } from './negotiation.ts'
import { OpenMetricsStarts } from './openmetrics-starts.ts'
import { ConvertingParser } from './parse-converted.ts'
import { OpenMetricsParser } from './parse-openmetrics.ts'
import { ProtobufParser, type ProtobufScratch } from './parse-protobuf.ts'
import { TextParser } from './parse-text.ts'
import type { Page } from './read-page.ts'
import { TextEntries } from './text-entries.ts'

/** A page is read by its lines, which is fastest, or by its entries. */
export type OpenPage =
  | { readonly by: 'lines'; readonly parser: ExpositionParser }
  | { readonly by: 'entries'; readonly source: EntrySource }

interface OpenTools {
  readonly scanner: PageScanner
  readonly protobuf: ProtobufScratch
}

/** The parser for a page that the scanner holds; entries are for what lines of text do not have (see EntrySource). */
export function openPage(
  page: Page,
  format: PageFormat,
  { scanner, protobuf }: OpenTools,
  rules: PageRules,
): OpenPage {
  if (format === 'protobuf') {
    // What a large page needs is not kept.
    const scratch = page.lengthBytes > limits.inflateAtOnceBytes ? undefined : protobuf
    return { by: 'entries', source: new ProtobufParser(page, scanner, rules, scratch) }
  }
  const { bytes, lengthBytes } = page
  const { typeAndUnitLabels, takesStarts } = rules
  const isOpenMetrics = format === 'openmetrics'
  const parser = isOpenMetrics
    ? new OpenMetricsParser(bytes, lengthBytes, { skipCreated: takesStarts, typeAndUnitLabels })
    : new TextParser(bytes, lengthBytes, { typeAndUnitLabels })
  const hasStarts = isOpenMetrics && takesStarts
  const isByLines = !hasStarts && !rules.convertsClassic && !rules.synthesizesStarts
  if (isByLines) return { by: 'lines', parser }
  const starts = hasStarts ? new OpenMetricsStarts(bytes, lengthBytes) : undefined
  const entries = new TextEntries(scanner, parser, starts)
  const source = rules.convertsClassic ? new ConvertingParser(entries, rules.keepsClassic) : entries
  return { by: 'entries', source }
}
