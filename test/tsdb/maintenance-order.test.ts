import { describe, expect, it } from 'vitest'
import type { FileSystem } from '../../src/base/file-system.ts'
import type {
  BackgroundJob,
  BackgroundRunner,
  BlockWrite,
  JobResult,
} from '../../src/tsdb/background-jobs.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { LocalBackground } from '../../src/tsdb/local-background.ts'
import { keepAll, newDisk, openOn, rangeMs, startMs, Workload } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'

/** Runs jobs as ever, but begins no merge before it is let. */
class MergesWait implements BackgroundRunner {
  readonly jobs: string[] = []
  database: Database | undefined
  letMerge: () => void = () => undefined
  readonly #let = new Promise<void>((resolve) => {
    this.letMerge = resolve
  })
  readonly #fileSystem: FileSystem
  readonly #clock: SimClock

  constructor(fileSystem: FileSystem, clock: SimClock) {
    this.#fileSystem = fileSystem
    this.#clock = clock
  }

  async run(job: BackgroundJob, onWrite: (write: BlockWrite) => void): Promise<JobResult> {
    this.jobs.push(job.kind)
    if (job.kind === 'merge') await this.#let
    if (this.database === undefined) throw new Error('a job before the database is open')
    return await new LocalBackground(this.#fileSystem, this.#clock, this.database).run(job, onWrite)
  }

  count(kind: BackgroundJob['kind']): number {
    return this.jobs.filter((one) => one === kind).length
  }
}

async function until(holds: () => boolean, meanwhile: () => void): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn === 10_000) throw new Error('it does not come to that')
    meanwhile()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a head that becomes full while blocks are merged', () => {
  it('is flushed right behind the merge, without another commit or a timer', async () => {
    const disk = newDisk()
    const clock = new SimClock(startMs)
    const background = new MergesWait(disk, clock)
    const database = await openOn(disk, clock, { retention: keepAll, background })
    background.database = database
    const workload = new Workload()
    const send = () => workload.send(database)
    await until(() => background.count('merge') === 1, send)
    const flushes = background.count('flush')
    const spanMs = () => {
      const { minTimeMs, maxTimeMs } = database.stats()
      return (maxTimeMs ?? 0) - (minTimeMs ?? 0)
    }
    await until(() => spanMs() > 1.5 * rangeMs, send)
    expect(background.count('flush')).toBe(flushes)
    background.letMerge()
    await until(
      () => spanMs() <= 1.5 * rangeMs,
      () => undefined,
    )
    expect(background.count('flush')).toBe(flushes + 1)
    await database.close()
  })
})
