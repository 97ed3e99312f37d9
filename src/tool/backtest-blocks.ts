import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { metricNameLabel } from '../model/labels.ts'
import { Matcher } from '../model/matcher.ts'
import { alertsMetric, forStateMetric } from '../rules/alerting-rule.ts'
import type { BacktestRequest } from '../rules/backtest-contract.ts'
import { firstCompaction } from '../tsdb/block/meta.ts'
import { newUlid } from '../tsdb/block/ulid.ts'
import { writeBlock } from '../tsdb/compact/write-block.ts'
import type { BacktestDatabase } from './backtest-database.ts'
import { blockDurationMs } from './tsdb-create-blocks.ts'

/** Alerts that nobody was told of are not to be found in a database. */
const recorded = [new Matcher('!~', metricNameLabel, `${alertsMetric}|${forStateMetric}`)]

/**
 * Writes what recording rules wrote as blocks of aligned ranges, for the data directory of a server;
 * answers their names.
 */
export async function writeBacktestBlocks(
  written: BacktestDatabase,
  request: BacktestRequest,
  o: {
    readonly directory: string
    readonly maxBlockDurationMs: number
    readonly fileSystem: FileSystem
    readonly clock: Clock
  },
): Promise<readonly string[]> {
  const { database, reader, port } = written
  written.refresh()
  const { directory, fileSystem, clock } = o
  fileSystem.makeDirectory(directory)
  const durationMs = blockDurationMs(o.maxBlockDurationMs)
  const { minTimeMs = request.startMs, maxTimeMs = request.endMs } = database.stats()
  const series = Uint32Array.from(reader.headSeries(recorded))
  const names: string[] = []
  const firstMs = Math.floor(minTimeMs / durationMs) * durationMs
  for (let startMs = firstMs; startMs <= maxTimeMs; startMs += durationMs) {
    const range = { minTimeMs: startMs, maxTimeMs: startMs + durationMs - 1 }
    const ulid = newUlid(clock)
    const meta = await writeBlock({
      fileSystem,
      directory,
      ulid,
      minTimeMs: Math.max(startMs, minTimeMs),
      maxTimeMs: Math.min(startMs + durationMs, maxTimeMs + 1),
      compaction: firstCompaction(ulid),
      sources: [reader.headBatches(range, port, series)],
      turn: () => undefined,
    })
    if (meta !== undefined) names.push(ulid)
  }
  return names
}
