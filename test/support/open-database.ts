import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { Database } from '../../src/tsdb/db.ts'

/** A real database on a real disk; tests of one process need no lock. */
export function openDatabase(directory: string, outOfOrderWindowMs = 0): Promise<Database> {
  return Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    outOfOrderWindowMs: () => outOfOrderWindowMs,
  })
}

/** Appends `count` samples, 15 s apart and ending at `endMs`, to each of `seriesCount` series m{n="..."}. */
export function fillDatabase(
  database: Database,
  seriesCount: number,
  count: number,
  endMs: number,
): void {
  for (let step = count - 1; step >= 0; step--) {
    const appender = database.appender()
    const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
      appender.series(Labels.of({ __name__: 'm', n: String(n) })),
    )
    appender.append(
      ids,
      new Float64Array(seriesCount).fill(endMs - step * 15_000),
      new Float64Array(seriesCount).fill(count - step),
      seriesCount,
    )
    appender.commit()
  }
}
