import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { noRetention } from '../../src/config/storage-config.ts'
import { registerDatabase } from '../../src/tool/database-metrics.ts'
import { Database } from '../../src/tsdb/db.ts'
import { encodeSamples } from '../../src/tsdb/wal/record.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'

const nowMs = 1_700_000_000_000

/** Three samples of series that the log does not name. */
async function writeOrphans(fileSystem: SimFileSystem, folder: string): Promise<void> {
  const log = WalWriter.open({
    fileSystem,
    directory: `/data/${folder}`,
    segmentBytesMax: 1 << 20,
    compression: 'none',
  })
  const writer = new ByteWriter()
  const timestampsMs = new Float64Array(3).fill(nowMs)
  const columns = { refs: Float64Array.of(7, 8, 9), timestampsMs, values: new Float64Array(3) }
  encodeSamples(writer, columns, 0, 3)
  log.log([writer.copy()])
  await log.close()
}

function openDatabase(fileSystem: SimFileSystem): Promise<Database> {
  return Database.open({
    directory: '/data',
    fileSystem,
    clock: new SimClock(nowMs),
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
  })
}

async function metricsOf(fileSystem: SimFileSystem): Promise<readonly string[]> {
  const metrics = new MetricsRegistry()
  const database = await openDatabase(fileSystem)
  registerDatabase(metrics, database, () => noRetention)
  const lines = metrics.render().split('\n')
  await database.close()
  return lines.filter((line) => /^[^#].*_unknown_refs_total/.test(line))
}

describe('metrics of the database', () => {
  it('tell what a log has of series that it does not name, by its kind, and nothing where there is none', async () => {
    const fileSystem = new SimFileSystem()
    expect(await metricsOf(fileSystem)).toEqual([])
    await writeOrphans(fileSystem, 'wal')
    await writeOrphans(fileSystem, 'wbl')
    const told = await metricsOf(fileSystem)
    expect(told).toEqual([
      'prometheus_tsdb_wal_replay_unknown_refs_total{type="samples"} 3',
      'prometheus_tsdb_wbl_replay_unknown_refs_total{type="samples"} 3',
    ])
  })

  it('count the database once for a page, and again for the next', async () => {
    const metrics = new MetricsRegistry()
    const database = await openDatabase(new SimFileSystem())
    const counted: string[] = []
    const source = {
      stats: () => {
        counted.push('stats')
        return database.stats()
      },
      folderBytes: () => {
        counted.push('folders')
        return database.folderBytes()
      },
    }
    registerDatabase(metrics, source, () => noRetention)
    metrics.render()
    expect(counted.sort()).toEqual(['folders', 'stats'])
    metrics.render()
    expect(counted).toHaveLength(4)
    await database.close()
  })
})
