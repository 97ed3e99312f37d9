import { join } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { compareBytes } from '../model/byte-order.ts'
import { goDuration } from '../model/go-duration.ts'
import { metricNameLabel } from '../model/labels.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import { SeriesEntry } from '../tsdb/block/block-index.ts'
import { BlockReader } from '../tsdb/block/block-reader.ts'
import { selectSeries } from '../tsdb/index/select.ts'
import type { ToolTerminal } from './terminal.ts'
import { printChunkAnalysis } from './tsdb-analyze-chunks.ts'
import { blockNames } from './tsdb-directory.ts'

export interface AnalyzeCommand {
  readonly kind: 'analyze'
  readonly directory: string
  /** The newest where it is empty. */
  readonly ulid: string
  /** Lines of each list. */
  readonly limit: number
  readonly extended: boolean
  /** A selector, or empty. */
  readonly match: string
}

/** Series between two looks at the clock. */
const seriesPerProgress = 1_024

/**
 * `tsdb analyze` (row F6.2): which labels churn and which have most values, over one block. Of equal
 * numbers those of the smaller name come first (promtool shows some of them, in any order).
 */
export function analyzeBlock(
  command: AnalyzeCommand,
  fileSystem: FileSystem,
  terminal: ToolTerminal,
): void {
  const { directory, match, extended } = command
  const matchers = match === '' ? [] : parseSelector(match)
  const names = blockNames(fileSystem, directory)
  const ulid = command.ulid === '' ? newestOf(names) : command.ulid
  if (!names.includes(ulid)) throw new NarthexError('FLAG_INVALID', `invalid block ID ${ulid}`)
  const reader = BlockReader.open(fileSystem, join(directory, ulid))
  try {
    const refs = selectSeries(reader.index, matchers)
    const counts = countLabels(reader, refs, terminal)
    printHead(reader, refs.length, counts, match, terminal)
    printLists(reader, counts, command.limit, terminal)
    if (extended) printChunkAnalysis(reader, refs, terminal)
  } finally {
    reader.close()
  }
}

function newestOf(names: readonly string[]): string {
  const timeOf = (name: string) => name.slice(0, 10)
  const [first, ...others] = names
  if (first === undefined) throw new NarthexError('DIRECTORY_UNUSABLE', 'no blocks found')
  return others.reduce((newest, name) => (timeOf(name) > timeOf(newest) ? name : newest), first)
}

interface Counted {
  series: number
  /** Milliseconds of the block that its series do not cover, added up. */
  uncoveredMs: number
}

interface LabelCounts {
  /** By the symbols of name and value. */
  readonly pairs: ReadonlyMap<number, ReadonlyMap<number, Counted>>
  readonly entries: number
}

function countLabels(reader: BlockReader, refs: Uint32Array, terminal: ToolTerminal): LabelCounts {
  const { minTimeMs, maxTimeMs } = reader.meta
  const entry = new SeriesEntry()
  const pairs = new Map<number, Map<number, Counted>>()
  let entries = 0
  refs.forEach((ref, index) => {
    if (index % seriesPerProgress === 0) {
      terminal.progress(`Reading the index: series ${index} of ${refs.length}`)
    }
    reader.seriesAt(ref, entry)
    const { chunks, labels, labelLength } = entry
    const coveredMs = (chunks.maxTimeMs[chunks.count - 1] ?? 0) - (chunks.minTimeMs[0] ?? 0)
    const uncoveredMs = maxTimeMs - minTimeMs - (chunks.count === 0 ? 0 : coveredMs)
    for (let at = 0; at < labelLength; at += 2) {
      const counted = countedOf(pairs, labels[at] ?? 0, labels[at + 1] ?? 0)
      counted.series++
      counted.uncoveredMs += uncoveredMs
      entries++
    }
  })
  return { pairs, entries }
}

function countedOf(pairs: Map<number, Map<number, Counted>>, name: number, value: number): Counted {
  let values = pairs.get(name)
  if (values === undefined) {
    values = new Map()
    pairs.set(name, values)
  }
  let counted = values.get(value)
  if (counted === undefined) {
    counted = { series: 0, uncoveredMs: 0 }
    values.set(value, counted)
  }
  return counted
}

function printHead(
  { meta }: BlockReader,
  matched: number,
  { pairs, entries }: LabelCounts,
  match: string,
  terminal: ToolTerminal,
): void {
  const pairCount = [...pairs.values()].reduce((sum, values) => sum + values.size, 0)
  const lines = [
    `Block ID: ${meta.ulid}`,
    `Duration: ${goDuration(meta.maxTimeMs - meta.minTimeMs)}`,
    `Total Series: ${meta.stats.series}`,
    ...(match === '' ? [] : [`Matcher: ${match}`]),
    `Label names: ${pairs.size}`,
    ...(match === '' ? [] : [`Matched series: ${matched}`]),
    `Postings (unique label pairs): ${pairCount}`,
    `Postings entries (total label pairs): ${entries}`,
  ]
  terminal.print(`${lines.join('\n')}\n`)
}

interface ListLine {
  readonly key: string
  readonly count: number
}

function printLists(
  reader: BlockReader,
  { pairs }: LabelCounts,
  limit: number,
  terminal: ToolTerminal,
): void {
  const rangeMs = reader.meta.maxTimeMs - reader.meta.minTimeMs
  const text = (symbol: number) => reader.symbolText(symbol)
  const ofPairs = (count: (counted: Counted) => number): readonly ListLine[] =>
    [...pairs].flatMap(([name, values]) =>
      [...values].map(([value, counted]) => ({
        key: `${text(name)}=${text(value)}`,
        count: count(counted),
      })),
    )
  const ofNames = (count: (values: ReadonlyMap<number, Counted>) => number): readonly ListLine[] =>
    [...pairs].map(([name, values]) => ({ key: text(name), count: count(values) }))
  const list = (title: string, lines: readonly ListLine[]) => {
    const sorted = [...lines].sort((a, b) => b.count - a.count || compareBytes(a.key, b.key))
    const shown = sorted.slice(0, limit).map(({ key, count }) => `${count} ${key}\n`)
    terminal.print(`\n${title}:\n${shown.join('')}`)
  }
  list(
    'Label pairs most involved in churning',
    ofPairs(({ uncoveredMs }) => Math.trunc(uncoveredMs / rangeMs)),
  )
  list(
    'Label names most involved in churning',
    ofNames((values) => Math.trunc(sumOf(values, ({ uncoveredMs }) => uncoveredMs) / rangeMs)),
  )
  list(
    'Most common label pairs',
    ofPairs(({ series }) => series),
  )
  list(
    'Label names with highest cumulative label value length',
    ofNames((values) => {
      return [...values.keys()].reduce((sum, value) => sum + reader.symbolBytes(value).length, 0)
    }),
  )
  list(
    'Highest cardinality labels',
    ofNames((values) => values.size),
  )
  const metricNames = [...pairs].find(([name]) => text(name) === metricNameLabel)?.[1] ?? new Map()
  list(
    'Highest cardinality metric names',
    [...metricNames].map(([value, { series }]) => ({ key: text(value), count: series })),
  )
}

function sumOf(values: ReadonlyMap<number, Counted>, count: (counted: Counted) => number): number {
  return [...values.values()].reduce((sum, counted) => sum + count(counted), 0)
}
