import type { FileSystem } from '../base/file-system.ts'
import type { Matcher } from '../model/matcher.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import type { TimeRange } from '../storage/querier.ts'
import type { BlockReader } from '../tsdb/block/block-reader.ts'
import { inOrderEndMs, isFromOutOfOrder } from '../tsdb/block/meta.ts'
import { encoding } from '../tsdb/chunk/encoding.ts'
import { BlockSource } from '../tsdb/compact/block-source.ts'
import { mergeSeries } from '../tsdb/compact/merge-series.ts'
import { mergeSymbols } from '../tsdb/compact/merge-symbols.ts'
import type { SeriesSource } from '../tsdb/compact/series-source.ts'
import { selectSeries } from '../tsdb/index/select.ts'
import { sourceOrder } from '../tsdb/source-order.ts'
import type { ToolTerminal } from './terminal.ts'
import { closeBlocks, demandDirectory, openBlocks, replayHead } from './tsdb-directory.ts'
import { type DumpFormat, DumpTarget } from './tsdb-dump-target.ts'
import { SelectedSource } from './tsdb-selected-source.ts'

export interface DumpCommand {
  readonly kind: 'dump'
  readonly directory: string
  /** Both ends are included. */
  readonly minTimeMs: number
  readonly maxTimeMs: number
  /** Selectors, at least one: series that any of them selects. */
  readonly match: readonly string[]
  readonly format: DumpFormat
}

/**
 * `tsdb dump` and `tsdb dump-openmetrics` (rows F6.4, F6.5): all samples of blocks and log, merged
 * as compaction merges them, so that memory is bounded by a batch of series. Like promtool it lists
 * series in the order of their labels, those of a log without blocks as they came. The directory
 * is only read.
 */
export async function dumpSeries(
  command: DumpCommand,
  fileSystem: FileSystem,
  terminal: ToolTerminal,
): Promise<void> {
  demandDirectory(fileSystem, command.directory)
  const matcherSets = command.match.map(parseSelector)
  const readers = openBlocks(fileSystem, command.directory)
  try {
    const head = await headSources(command, readers, matcherSets, fileSystem, terminal)
    const ordered = sourceOrder(
      readers
        .filter((reader) => meets(reader, command))
        .map((reader) => {
          const { meta } = reader
          return { reader, ulid: meta.ulid, isOutOfOrder: isFromOutOfOrder(meta) }
        }),
    )
    const sources: SeriesSource[] = [
      ...head.outOfOrder,
      ...ordered.map(({ reader }) => new BlockSource(reader, selectedRefs(reader, matcherSets))),
      ...head.inOrder,
    ]
    const symbols = mergeSymbols(sources)
    const target = new DumpTarget(symbols, command.format, terminal)
    await mergeSeries(sources, symbols.ordinals, target, command, encoding.xor, () => undefined)
    target.end()
  } finally {
    closeBlocks(readers)
  }
}

function meets({ meta }: BlockReader, { minTimeMs, maxTimeMs }: TimeRange): boolean {
  return meta.minTimeMs <= maxTimeMs && meta.maxTimeMs > minTimeMs
}

function selectedRefs(
  { index }: BlockReader,
  matcherSets: readonly (readonly Matcher[])[],
): Uint32Array {
  const [only] = matcherSets
  if (matcherSets.length === 1 && only !== undefined) return selectSeries(index, only)
  const found = new Set<number>()
  for (const matchers of matcherSets) {
    for (const ref of selectSeries(index, matchers)) found.add(ref)
  }
  return Uint32Array.from(found).sort()
}

interface HeadSources {
  readonly inOrder: SeriesSource[]
  readonly outOfOrder: SeriesSource[]
}

/** The logs are read only where the blocks do not reach as far as what is asked for. */
async function headSources(
  { directory, minTimeMs, maxTimeMs }: DumpCommand,
  readers: readonly BlockReader[],
  matcherSets: readonly (readonly Matcher[])[],
  fileSystem: FileSystem,
  terminal: ToolTerminal,
): Promise<HeadSources> {
  const sources: HeadSources = { inOrder: [], outOfOrder: [] }
  const blocksEndMs = inOrderEndMs(readers.map(({ meta }) => meta)) ?? Number.NEGATIVE_INFINITY
  if (blocksEndMs > maxTimeMs) return sources
  const head = await replayHead(fileSystem, directory, blocksEndMs, terminal)
  if (head === undefined) return sources
  const { inOrder, outOfOrder } = head.reader.queriers(head.port)
  const sorted = readers.length > 0 || matcherSets.length > 1 || outOfOrder !== undefined
  for (const matchers of matcherSets) {
    const request = { matchers, minTimeMs, maxTimeMs, sorted }
    if (outOfOrder !== undefined) {
      const set = await outOfOrder.select(request)
      sources.outOfOrder.push(new SelectedSource(set, inOrder.symbols))
    }
    sources.inOrder.push(new SelectedSource(await inOrder.select(request), inOrder.symbols))
  }
  return sources
}
