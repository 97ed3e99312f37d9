import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { readMeta, writeMeta } from '../../src/tsdb/block/meta.ts'
import { isUlid } from '../../src/tsdb/block/ulid.ts'
import type { Database } from '../../src/tsdb/db.ts'
import {
  dataDirectory,
  keepAll,
  newDisk,
  openOn,
  rangeMs,
  recordingLogger,
  startMs,
  storedIn,
  Workload,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import { SimError, type SimFileSystem } from './sim-file-system.ts'

const hourMs = 3_600_000

function blocksOf(fileSystem: SimFileSystem): string[] {
  return fileSystem.list(dataDirectory).filter(isUlid)
}

function sampleCount(stored: ReadonlyMap<string, readonly unknown[]>): number {
  return [...stored.values()].reduce((sum, samples) => sum + samples.length, 0)
}

/** Three small blocks, which the next round would make one of, and a fourth. */
async function fourBlocks(): Promise<{ disk: SimFileSystem; endMs: number; samples: number }> {
  const disk = newDisk()
  const clock = new SimClock(startMs)
  const database = await openOn(disk, clock, { retention: keepAll, rangeMsMax: rangeMs })
  const workload = new Workload()
  await workload.run(database, clock, 140)
  const samples = sampleCount((await storedIn(database, disk)).stored)
  await database.close()
  expect(blocksOf(disk)).toHaveLength(4)
  return { disk, endMs: clock.wallMs(), samples }
}

/** What three blocks and the one made of them look like side by side. */
async function parentsAndChild() {
  const { disk, endMs, samples } = await fourBlocks()
  const before = disk.copy()
  const parents = blocksOf(disk)
  const clock = new SimClock(endMs)
  const database = await openOn(disk, clock, { retention: keepAll })
  await database.maintain()
  await database.close()
  const child = blocksOf(disk).find((name) => !parents.includes(name)) ?? ''
  copyTree(disk, before, `${dataDirectory}/${child}`, `${dataDirectory}/${child}`)
  const gone = parents.filter((name) => !blocksOf(disk).includes(name))
  return { disk: before, endMs, samples, child, parents: gone }
}

function copyTree(from: SimFileSystem, to: SimFileSystem, source: string, target: string): void {
  to.makeDirectory(target)
  for (const name of from.list(source)) {
    const [here, there] = [`${source}/${name}`, `${target}/${name}`]
    if (from.stat(here)?.kind === 'directory') copyTree(from, to, here, there)
    else to.writeFile(there, from.readFile(here))
  }
}

describe('what a crash may leave of blocks', () => {
  const other = '01HF7YD840WVN3TDCXZPARQEZV'
  type World = Awaited<ReturnType<typeof parentsAndChild>>
  const at = (name: string) => `${dataDirectory}/${name}`
  const flagDeletable = ({ disk, child }: World) => {
    const meta = readMeta(disk, at(child))
    writeMeta(disk, at(child), { ...meta, compaction: { ...meta.compaction, deletable: true } })
  }
  const renamed = (suffix: string) => (world: World) =>
    world.disk.rename(at(world.child), at(world.child + suffix))
  const states: readonly {
    readonly state: string
    readonly change: (world: World) => void
    /** Names that end so are gone afterwards, or there. */
    readonly gone?: string
    readonly stays?: string
    readonly isEmptied?: boolean
  }[] = [
    { state: 'parents beside their child', change: () => undefined },
    {
      state: 'parents, and a child being made',
      change: renamed('.tmp-for-creation'),
      gone: '.tmp-for-creation',
    },
    {
      state: 'parents, and a child being deleted',
      change: renamed('.tmp-for-deletion'),
      gone: '.tmp-for-deletion',
    },
    { state: 'parents, and a child of older names', change: renamed('.tmp'), gone: '.tmp' },
    {
      state: 'a child, and a parent half deleted',
      change: ({ disk, parents: [first = ''] }) =>
        disk.rename(at(first), at(`${first}.tmp-for-deletion`)),
      gone: '.tmp-for-deletion',
    },
    {
      state: 'a child, and two parents that are gone',
      change: ({ disk, parents }) => {
        for (const name of parents.slice(1)) disk.remove(at(name), { recursive: true })
      },
    },
    {
      state: 'a child that says that nothing is left of it, and its parents',
      change: flagDeletable,
      isEmptied: true,
    },
    {
      state: 'a folder of another name',
      change: ({ disk }) => disk.makeDirectory(at('lost+found')),
      stays: 'lost+found',
    },
    {
      state: 'a file named like a block',
      change: ({ disk }) => disk.writeFile(at(other), new Uint8Array(3)),
      stays: other,
    },
    {
      state: 'a folder in the making that is no block',
      change: ({ disk }) => disk.makeDirectory(at('mine.tmp')),
      stays: 'mine.tmp',
    },
    {
      state: 'a seal that was not put in its place',
      change: ({ disk, child }) =>
        disk.writeFile(at(`${child}/narthex.seal.tmp`), new Uint8Array(3)),
    },
    {
      state: 'an index that was being repaired',
      change: ({ disk, child }) => disk.writeFile(at(`${child}/index.repaired`), new Uint8Array(3)),
    },
  ]

  it.each(states)('$state: every sample once, and nothing half', async (each) => {
    const world = await parentsAndChild()
    const { disk, endMs, samples, parents } = world
    each.change(world)
    const hasChild = disk.list(dataDirectory).includes(world.child)
    const { logger, lines } = recordingLogger()
    const database = await openOn(disk, new SimClock(endMs), { retention: keepAll, logger })
    const first = await storedIn(database, disk)
    await database.maintain()
    const second = await storedIn(database, disk)
    expect([...first.warnings, ...second.warnings, ...lines]).toEqual([])
    const counts = [sampleCount(first.stored), sampleCount(second.stored)]
    if (each.isEmptied === true) expect(counts[0]).toBeLessThan(samples)
    else expect(counts).toEqual([samples, samples])
    const names = disk.list(dataDirectory)
    if (each.gone !== undefined) expect(names.join()).not.toContain(each.gone)
    if (each.stays !== undefined) expect(names).toContain(each.stays)
    if (hasChild) for (const parent of parents) expect(names).not.toContain(parent)
    await database.close()
  })
})

/** 24 hours with blocks of an hour, and a sample of each of three series every five minutes. */
async function day(
  disk: SimFileSystem,
  each: (database: Database, timeMs: number) => void,
): Promise<{ database: Database; lines: readonly string[] }> {
  const { logger, lines } = recordingLogger()
  const beginMs = Math.ceil(startMs / (9 * hourMs)) * 9 * hourMs
  const clock = new SimClock(beginMs)
  const database = await openOn(disk, clock, {
    logger,
    retention: keepAll,
    rangeMs: hourMs,
    rangeMsMax: 9 * hourMs,
    reloadIntervalMs: 60_000,
  })
  for (let step = 0; step < 24 * 12; step++) {
    const appender = database.appender()
    const ids = Uint32Array.from(['a', 'b', 'c'], (series) =>
      appender.series(Labels.of({ __name__: 'm', series })),
    )
    const values = Float64Array.of(step, step, step)
    appender.append(ids, new Float64Array(3).fill(clock.wallMs()), values, 3)
    appender.commit()
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000)
      await database.maintain()
      each(database, clock.wallMs() - beginMs)
    }
  }
  return { database, lines }
}

describe('a compaction that keeps failing', { timeout: 60_000 }, () => {
  it.each([
    ['is not tried again where the block can be marked', false, 1],
    ['is tried at most 30 times in 24 hours where it cannot', true, 30],
  ])('%s, and everything else goes on', async (_, isUnmarkable, mostFailures) => {
    const disk = newDisk()
    let poisoned = ''
    let mostTemporary = 0
    const { database, lines } = await day(disk, () => {
      const [first] = blocksOf(disk)
      if (poisoned === '' && first !== undefined) {
        poisoned = first
        const path = `${dataDirectory}/${first}/chunks/000001`
        const bytes = disk.readFile(path)
        bytes[20] = (bytes[20] ?? 0) ^ 1
        disk.rot(path, bytes)
        if (isUnmarkable) {
          disk.faults.before = (_operation, name, changed) => {
            if (name === 'write' && changed.includes(`${first}/meta`)) throw new SimError('EIO')
          }
        }
      }
      const temporary = disk.list(dataDirectory).filter((name) => name.includes('.tmp'))
      mostTemporary = Math.max(mostTemporary, temporary.length)
    })
    const failures = lines.filter((line) => line.startsWith('Compaction failed'))
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.length).toBeLessThanOrEqual(mostFailures)
    expect(failures[0]).toContain(poisoned)
    expect(database.stats().maintenance.compactionsFailed).toBe(failures.length)
    expect(mostTemporary).toBeLessThanOrEqual(1)
    // The head is flushed all the while.
    expect(database.stats().maintenance.headTruncations).toBeGreaterThanOrEqual(22)
    expect(blocksOf(disk)).toContain(poisoned)
    if (!isUnmarkable) {
      const spans = blocksOf(disk).map((name) => {
        const { minTimeMs, maxTimeMs } = readMeta(disk, `${dataDirectory}/${name}`)
        return (maxTimeMs - minTimeMs) / hourMs
      })
      expect(spans).toContain(9)
      expect(spans.filter((hours) => hours === 1).length).toBeLessThan(8)
    }
    const { stored } = await storedIn(database, disk, {
      minTimeMs: startMs + 12 * hourMs,
      maxTimeMs: 8.64e15,
    })
    expect(stored.size).toBe(3)
    disk.faults = {}
    await database.close()
  })
})
