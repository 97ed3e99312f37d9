import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { BlockReader } from '../tsdb/block/block-reader.ts'
import { firstCompaction } from '../tsdb/block/meta.ts'
import { newUlid } from '../tsdb/block/ulid.ts'
import { writeBlock } from '../tsdb/compact/write-block.ts'
import { Head } from '../tsdb/head/head.ts'
import { HeadReader } from '../tsdb/head/head-reader.ts'
import type { ToolTerminal } from './terminal.ts'
import { type ImportedSamples, readSamples } from './tsdb-imported-samples.ts'
import { blockTable } from './tsdb-list.ts'

export interface CreateBlocksCommand {
  readonly kind: 'create-blocks'
  readonly input: string
  readonly directory: string
  readonly humanReadable: boolean
  readonly quiet: boolean
  readonly maxBlockDurationMs: number
  /** Set on every series. */
  readonly labels: ReadonlyMap<string, string>
}

/**
 * `tsdb create-blocks-from openmetrics` (row F6.6): the samples of a page, which must all have
 * timestamps, as blocks of aligned ranges. Unlike with promtool the samples of a series may stand
 * in any order: they are sorted, where promtool drops or refuses what is late.
 */
export async function createBlocks(
  command: CreateBlocksCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<void> {
  const samples = readSamples(command, fileSystem, terminal)
  fileSystem.makeDirectory(command.directory)
  const durationMs = blockDurationMs(command.maxBlockDurationMs)
  const blocks = samples.byRange(durationMs)
  let leftOut = 0
  for (const [index, rows] of blocks.entries()) {
    terminal.progress(`Writing block ${index + 1} of ${blocks.length}`)
    const place = { directory: command.directory, durationMs }
    const written = await writeSamples(samples, rows, place, fileSystem, clock)
    leftOut += written.leftOut
    const { ulid } = written
    if (command.quiet || ulid === undefined) continue
    const reader = BlockReader.open(fileSystem, join(command.directory, ulid))
    terminal.print(blockTable([reader], index === 0, command.humanReadable))
    reader.close()
  }
  if (leftOut === 0) return
  terminal.warn(`${leftOut} samples left out: their series have another one of that time`)
}

/** Two hours times three, again and again, as far as the limit allows and at most nine times. */
export function blockDurationMs(maxMs: number): number {
  let durationMs = limits.blockRangeMs
  for (let times = 0; times < 9 && durationMs * 3 <= maxMs; times++) durationMs *= 3
  return durationMs
}

/**
 * Makes a block of some rows, and answers how many were left out for want of a time of their own;
 * no block where there is no row.
 */
export async function writeSamples(
  samples: ImportedSamples,
  rows: Uint32Array,
  place: { readonly directory: string; readonly durationMs: number },
  fileSystem: FileSystem,
  clock: Clock,
): Promise<{ readonly leftOut: number; readonly ulid: string | undefined }> {
  const head = new Head(2 * place.durationMs)
  const leftOut = fillHead(head, samples, rows)
  return { leftOut, ulid: await writeHead(head, place.directory, fileSystem, clock) }
}

/** Answers how many samples had the time of another one of their series: the first one is kept. */
function fillHead(head: Head, samples: ImportedSamples, rows: Uint32Array): number {
  const { series, timestampsMs, halves, labels } = samples
  const ids = new Map<number, number>()
  let leftOut = 0
  for (const row of samples.inOrder(rows)) {
    const at = series[row] ?? 0
    let id = ids.get(at)
    const own = labels[at]
    if (id === undefined && own !== undefined) {
      id = head.series(own)
      ids.set(at, id)
    }
    const timeMs = timestampsMs[row] ?? 0
    if (id === undefined || timeMs <= head.chunks.newestMs(id)) leftOut++
    else head.append(id, timeMs, halves[row * 2 + 1] ?? 0, halves[row * 2] ?? 0)
  }
  head.closed.flush()
  return leftOut
}

async function writeHead(
  head: Head,
  directory: string,
  fileSystem: FileSystem,
  clock: Clock,
): Promise<string | undefined> {
  const { minTimeMs, maxTimeMs } = head.stats()
  if (minTimeMs === undefined || maxTimeMs === undefined) return undefined
  const reader = new HeadReader()
  reader.apply(head.update(0))
  const port = {
    snapshot: async (ids: Uint32Array, count: number, since: number) =>
      head.snapshot(ids, count, since),
  }
  const ulid = newUlid(clock)
  const meta = await writeBlock({
    fileSystem,
    directory,
    ulid,
    minTimeMs,
    maxTimeMs: maxTimeMs + 1,
    compaction: firstCompaction(ulid),
    sources: [reader.batches({ minTimeMs, maxTimeMs }, port)],
    turn: () => undefined,
  })
  return meta?.ulid
}
