import { join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'
import { creationSuffix } from '../block/block-files.ts'
import { BlockWriter } from '../block/block-writer.ts'
import type { ChunkTally } from '../block/chunk-tally.ts'
import {
  type BlockCompaction,
  type BlockMeta,
  type BlockParent,
  firstCompaction,
  isFromOutOfOrder,
  outOfOrderHint,
  writeMeta,
} from '../block/meta.ts'
import { seal } from '../block/seal.ts'
import type { FloatEncoding } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'
import { mergeSeries } from './merge-series.ts'
import { mergeSymbols } from './merge-symbols.ts'
import type { SeriesSource } from './series-source.ts'

export interface WriteBlockOptions {
  readonly fileSystem: FileSystem
  /** The data directory; the block's own folder is made in it. */
  readonly directory: string
  readonly ulid: string
  readonly minTimeMs: number
  /** Exclusive. */
  readonly maxTimeMs: number
  readonly compaction: BlockCompaction
  /** From the oldest to the newest. */
  readonly sources: readonly SeriesSource[]
  /** Most bytes of one file of chunks; upstream's where absent. */
  readonly segmentBytesMax?: number | undefined
  /** Of floats that are written anew; XOR where absent. */
  readonly floatEncoding?: FloatEncoding
  /** Told of every chunk. */
  readonly tally?: ChunkTally | undefined
  /** Awaited now and then, so that others run in between. */
  readonly turn: () => Promise<void> | undefined
}

/**
 * Writes one block of what the sources hold within its time range (rows T7.2, T7.4). It appears
 * whole, by renaming a finished temporary folder, or not at all: undefined when there was no sample.
 */
export async function writeBlock(options: WriteBlockOptions): Promise<BlockMeta | undefined> {
  const { fileSystem, directory, ulid, minTimeMs, maxTimeMs, sources, turn } = options
  const { floatEncoding = encoding.xor } = options
  const temporary = join(directory, `${ulid}${creationSuffix}`)
  if (fileSystem.stat(temporary) !== undefined) fileSystem.remove(temporary, { recursive: true })
  const symbols = mergeSymbols(sources)
  const writer = new BlockWriter({
    fileSystem,
    directory: temporary,
    symbols,
    tally: options.tally,
    ...(options.segmentBytesMax === undefined ? {} : { segmentBytesMax: options.segmentBytesMax }),
  })
  try {
    const range = { minTimeMs, maxTimeMs: maxTimeMs - 1 }
    await mergeSeries(sources, symbols.ordinals, writer, range, floatEncoding, turn)
    const { stats } = writer.finish()
    if (stats.samples === 0) {
      writer.abort()
      return undefined
    }
    const { compaction } = options
    const meta = { ulid, minTimeMs, maxTimeMs, stats, compaction, version: 1, foreign: {} } as const
    writeMeta(fileSystem, temporary, meta)
    seal(fileSystem, temporary)
    fileSystem.syncDirectory(temporary)
    fileSystem.rename(temporary, join(directory, ulid))
    fileSystem.syncDirectory(directory)
    return meta
  } catch (thrown) {
    writer.abort()
    throw thrown
  }
}

/** What a block made of others says of where it comes from. */
export function mergedCompaction(parents: readonly BlockMeta[]): BlockCompaction {
  const hints = new Set(parents.flatMap(({ compaction }) => compaction.hints))
  // Mixed with blocks of what came in order, out-of-order samples are no longer apart.
  if (!parents.every(isFromOutOfOrder)) {
    hints.delete(outOfOrderHint)
  }
  return {
    level: Math.max(...parents.map(({ compaction }) => compaction.level)) + 1,
    sources: [...new Set(parents.flatMap(({ compaction }) => compaction.sources))].sort(),
    deletable: false,
    parents: parents.map(parentOf),
    failed: false,
    hints: [...hints].sort(),
  }
}

/** What a block says that is another one without what was deleted of it: as if the head had made it. */
export function cleanedCompaction(ulid: string, parents: readonly BlockMeta[]): BlockCompaction {
  const hints = parents.flatMap(({ compaction }) => compaction.hints)
  return { ...firstCompaction(ulid), parents: parents.map(parentOf), hints }
}

function parentOf({ ulid, minTimeMs, maxTimeMs }: BlockMeta): BlockParent {
  return { ulid, minTimeMs, maxTimeMs }
}
