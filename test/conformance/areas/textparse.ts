import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ExpositionTwin } from '../../../src/kernels/exposition-twin.ts'
import {
  type EntryKind,
  ExpositionError,
  type ExpositionParser,
  entryKind,
} from '../../../src/scrape/exposition.ts'
import { OpenMetricsStarts } from '../../../src/scrape/openmetrics-starts.ts'
import { OpenMetricsParser } from '../../../src/scrape/parse-openmetrics.ts'
import { TextParser } from '../../../src/scrape/parse-text.ts'
import { TextEntries } from '../../../src/scrape/text-entries.ts'
import type { Area, CaseResult } from '../area.ts'
import { bytesOf, caseFile, caseName, type DataText, difference, runCase } from '../case-file.ts'

export const textparse: Area = {
  async run(directory) {
    return [...parsedCases(directory), ...errorCases(directory), ...pages(directory)]
  },
}

type Entry = Readonly<Record<string, unknown>>

interface ParseCase {
  readonly name: string
  readonly content_type: string
  readonly type_and_unit_labels: boolean
  readonly input: DataText
  readonly entries: readonly Entry[]
}

function parsedCases(directory: string): readonly CaseResult[] {
  return caseFile<ParseCase>(directory, 'parse.json').cases.map((one, index) =>
    runCase(caseName('parse.json', index, one.name), () => {
      const { page, parser } = opened(one.content_type, one.input, one.type_and_unit_labels)
      const { bytes, lengthBytes, isOpenMetrics } = page
      const starts = isOpenMetrics ? new OpenMetricsStarts(bytes, lengthBytes) : undefined
      const source = new TextEntries(new ExpositionTwin(), parser, starts)
      const entries: Entry[] = []
      for (let kind = source.next(); kind !== entryKind.end; kind = source.next()) {
        const startMs = kind === entryKind.series ? source.startMs() : 0
        const start = startMs === 0 ? {} : { start_timestamp_ms: startMs }
        entries.push({ ...entryOf(parser, kind, bytesOf(one.input)), ...start })
      }
      const wrong = one.entries.findIndex((entry, at) => !isDeepStrictEqual(entry, entries[at]))
      if (wrong >= 0) return `entry ${wrong}: ${difference(entries[wrong], one.entries[wrong])}`
      return difference(entries.length, one.entries.length)
    }),
  )
}

interface ErrorCase {
  readonly content_type: string
  readonly input: DataText
  readonly error?: string
  readonly ok?: boolean
}

function errorCases(directory: string): readonly CaseResult[] {
  return caseFile<ErrorCase>(directory, 'errors.json').cases.map((one, index) =>
    runCase(caseName('errors.json', index, one.input), () =>
      // Upstream's parsers report the end of a page as the error EOF.
      difference(
        outcome(parserOf(one.content_type, one.input)),
        one.ok === true ? 'EOF' : one.error,
      ),
    ),
  )
}

function pages(directory: string): readonly CaseResult[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.txt'))
    .map((name) =>
      runCase(name, () => {
        const page = readFileSync(join(directory, name), 'latin1')
        const type = name.endsWith('.om.txt') ? 'application/openmetrics-text' : 'text/plain'
        const text = { base64: Buffer.from(page, 'latin1').toString('base64') }
        return difference(outcome(parserOf(type, text)), 'EOF')
      }),
    )
}

function outcome(parser: ExpositionParser): string {
  try {
    while (parser.next() !== entryKind.end);
    return 'EOF'
  } catch (thrown) {
    if (thrown instanceof ExpositionError) return thrown.message
    throw thrown
  }
}

function parserOf(contentType: string, input: DataText): ExpositionParser {
  return opened(contentType, input, false).parser
}

function opened(contentType: string, input: DataText, typeAndUnitLabels: boolean) {
  const text = Buffer.from(bytesOf(input), 'latin1')
  const bytes = new Uint8Array(text.length + 8)
  bytes.set(text)
  const isOpenMetrics = contentType !== 'text/plain'
  const parser = isOpenMetrics
    ? new OpenMetricsParser(bytes, text.length, { skipCreated: true, typeAndUnitLabels })
    : new TextParser(bytes, text.length, { typeAndUnitLabels })
  return { parser, page: { bytes, lengthBytes: text.length, isOpenMetrics } }
}

function entryOf(parser: ExpositionParser, kind: EntryKind, page: string): Entry {
  switch (kind) {
    case entryKind.type:
      return { kind: 'type', name: parser.familyName(), type: parser.metricType }
    case entryKind.help:
      return { kind: 'help', name: parser.familyName(), help: parser.entryText() }
    case entryKind.unit:
      return { kind: 'unit', name: parser.familyName(), unit: parser.entryText() }
    case entryKind.comment:
      return { kind: 'comment', comment: parser.entryText() }
    default:
      return seriesOf(parser, page)
  }
}

function seriesOf(parser: ExpositionParser, page: string): Entry {
  const text = Buffer.from(page.slice(parser.seriesStart, parser.seriesEnd), 'latin1')
  return {
    kind: 'series',
    text: text.toString('utf8'),
    value: Number.isNaN(parser.value) ? 'NaN' : parser.value,
    labels: objectOf(parser.labelPairs()),
    ...(parser.hasTimestamp ? { timestamp_ms: parser.timestampMs } : {}),
    ...(parser.exemplar === undefined ? {} : { exemplars: [exemplarOf(parser.exemplar)] }),
  }
}

function exemplarOf(exemplar: NonNullable<ExpositionParser['exemplar']>): Entry {
  const { labelPairs, value, timestampMs } = exemplar
  return {
    labels: objectOf(labelPairs),
    value,
    ...(timestampMs === undefined ? {} : { timestamp_ms: timestampMs }),
  }
}

function objectOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries: [string, string][] = []
  for (let at = 0; at < pairs.length; at += 2) entries.push([pairs[at] ?? '', pairs[at + 1] ?? ''])
  return Object.fromEntries(entries)
}
