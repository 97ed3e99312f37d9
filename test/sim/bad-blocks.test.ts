import { beforeAll, describe, expect, it } from 'vitest'
import { readMeta, writeMeta } from '../../src/tsdb/block/meta.ts'
import { isUlid } from '../../src/tsdb/block/ulid.ts'
import type { Database } from '../../src/tsdb/db.ts'
import {
  dataDirectory,
  keepAll,
  newDisk,
  type OpenOptions,
  openOn,
  rangeMs,
  recordingLogger,
  startMs,
  storedIn,
  Workload,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const hourMs = 3_600_000
const files = ['meta.json', 'index', 'chunks/000001', 'tombstones'] as const
const noMerges = { retention: keepAll, rangeMsMax: rangeMs }

interface BlockOfDisk {
  readonly ulid: string
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

const disk = newDisk()
const workload = new Workload()
let blocks: readonly BlockOfDisk[] = []
let endMs = 0
let everything: readonly string[] = []

beforeAll(async () => {
  const clock = new SimClock(startMs)
  const database = await openOn(disk, clock, noMerges)
  await workload.run(database, clock, 170)
  everything = textsOf((await storedIn(database, disk)).stored)
  await database.close()
  endMs = clock.wallMs()
  blocks = blocksOf(disk)
  expect(blocks).toHaveLength(5)
})

function blocksOf(fileSystem: SimFileSystem): BlockOfDisk[] {
  return fileSystem
    .list(dataDirectory)
    .filter(isUlid)
    .map((ulid) => {
      const { minTimeMs, maxTimeMs } = readMeta(fileSystem, `${dataDirectory}/${ulid}`)
      return { ulid, minTimeMs, maxTimeMs }
    })
    .sort((a, b) => a.minTimeMs - b.minTimeMs)
}

function textsOf(stored: ReadonlyMap<string, readonly (readonly [number, number])[]>): string[] {
  return [...stored].flatMap(([series, samples]) =>
    samples.map(([timeMs, value]) => `${timeMs} ${series.slice(0, 20)} ${value}`),
  )
}

function withoutRange({ minTimeMs, maxTimeMs }: BlockOfDisk): string[] {
  return everything.filter(
    (text) => !(Number(text.slice(0, 13)) >= minTimeMs && Number(text.slice(0, 13)) < maxTimeMs),
  )
}

async function opened(
  fileSystem: SimFileSystem,
  options: OpenOptions = noMerges,
): Promise<{ database: Database; lines: string[]; clock: SimClock }> {
  const { logger, lines } = recordingLogger()
  const clock = new SimClock(endMs)
  const database = await openOn(fileSystem, clock, { ...options, logger })
  return { database, lines, clock }
}

const damages = {
  deleted: (fileSystem: SimFileSystem, path: string) => fileSystem.remove(path),
  emptied: (fileSystem: SimFileSystem, path: string) => fileSystem.rot(path, new Uint8Array(0)),
  garbled: (fileSystem: SimFileSystem, path: string) =>
    fileSystem.rot(
      path,
      fileSystem.readFile(path).map((byte) => byte ^ 0x5a),
    ),
} as const

/** Changes one byte of a block's chunks that no opening looks at. */
function rotChunk(fileSystem: SimFileSystem, ulid: string): void {
  const path = `${dataDirectory}/${ulid}/chunks/000001`
  const bytes = fileSystem.readFile(path)
  bytes[20] = (bytes[20] ?? 0) ^ 1
  fileSystem.rot(path, bytes)
}

describe('one bad block among five', () => {
  const cases = [0, 1, 2, 3, 4].flatMap((block) =>
    files.flatMap((file) =>
      (['deleted', 'emptied', 'garbled'] as const).map((damage) => ({ block, file, damage })),
    ),
  )

  it.each(cases)(
    'block $block with $file $damage is left out, with a warning, a log line and a metric',
    async ({ block, file, damage }) => {
      const fileSystem = disk.copy()
      const bad = blocks[block] ?? { ulid: '', minTimeMs: 0, maxTimeMs: 0 }
      damages[damage](fileSystem, `${dataDirectory}/${bad.ulid}/${file}`)
      const { database, lines } = await opened(fileSystem)
      const { stored, warnings } = await storedIn(database, fileSystem)
      // What the newest block holds is still in the log, and read from there where the block is none.
      const isInLog = block === 4 && file === 'meta.json'
      expect(textsOf(stored)).toEqual(isInLog ? everything : withoutRange(bad))
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toContain(`since block ${bad.ulid} cannot be read`)
      await database.maintain()
      await database.maintain()
      expect(database.stats().damagedBlocks).toBe(1)
      const told = lines.filter((line) => line.startsWith('Block ') && !line.includes('for repair'))
      expect(told).toHaveLength(1)
      expect(told[0]).toContain(bad.ulid)
      if (file !== 'meta.json') {
        const after = { minTimeMs: bad.maxTimeMs, maxTimeMs: endMs }
        expect((await storedIn(database, fileSystem, after)).warnings).toEqual([])
      }
      await database.close()
      const small = { ...noMerges, retention: { timeMs: 0, sizeBytes: 1 } }
      const retaining = await opened(fileSystem, small)
      await retaining.database.maintain()
      expect(fileSystem.list(dataDirectory).filter(isUlid)).toEqual([])
      expect(retaining.database.stats().damagedBlocks).toBe(0)
      await retaining.database.close()
    },
  )

  it('a block without meta.json goes by time when all that it can hold is old', async () => {
    const fileSystem = disk.copy()
    const bad = blocks[0]?.ulid ?? ''
    fileSystem.remove(`${dataDirectory}/${bad}/meta.json`)
    const newest = blocks[4]?.ulid ?? ''
    const meta = readMeta(fileSystem, `${dataDirectory}/${newest}`)
    const shifted = { ...meta, maxTimeMs: endMs + 2 * hourMs }
    writeMeta(fileSystem, `${dataDirectory}/${newest}`, shifted)
    const database = await openOn(fileSystem, new SimClock(endMs + 3 * hourMs), {
      ...noMerges,
      retention: { timeMs: hourMs, sizeBytes: 0 },
    })
    await database.maintain()
    expect(fileSystem.list(dataDirectory).filter(isUlid)).toEqual([newest])
    await database.close()
  })

  it('a block as Prometheus 2.1 wrote it by mistake is mended when the database opens', async () => {
    const fileSystem = disk.copy()
    const folder = `${dataDirectory}/${blocks[1]?.ulid}`
    const meta = Buffer.from(fileSystem.readFile(`${folder}/meta.json`)).toString('utf8')
    const broken = Buffer.from(meta.replace('"version": 1', '"version": 2'))
    fileSystem.writeFile(`${folder}/meta.json`, broken)
    const index = fileSystem.readFile(`${folder}/index`)
    index[4] = 1
    fileSystem.writeFile(`${folder}/index`, index)
    const { database, lines } = await opened(fileSystem)
    const { stored, warnings } = await storedIn(database, fileSystem)
    expect([...lines, ...warnings]).toEqual([])
    expect(textsOf(stored)).toEqual(everything)
    await database.close()
  })

  it('damage in a chunk fails the queries that read it, by name, and no other', async () => {
    const fileSystem = disk.copy()
    const bad = blocks[1] ?? { ulid: '', minTimeMs: 0, maxTimeMs: 0 }
    rotChunk(fileSystem, bad.ulid)
    const { database } = await opened(fileSystem)
    await expect(storedIn(database, fileSystem)).rejects.toMatchObject({
      code: 'TSDB_CORRUPTION',
      message: expect.stringContaining(`${bad.ulid}, chunks/000001 at byte 8`),
    })
    const after = { minTimeMs: bad.maxTimeMs, maxTimeMs: endMs }
    const { stored, warnings } = await storedIn(database, fileSystem, after)
    expect(warnings).toEqual([])
    expect(textsOf(stored)).toEqual(
      everything.filter((text) => Number(text.slice(0, 13)) >= bad.maxTimeMs),
    )
    await database.close()
  })

  it('damage in the list of a label costs the block for the queries that need the list', async () => {
    const fileSystem = disk.copy()
    const bad = blocks[2] ?? { ulid: '', minTimeMs: 0, maxTimeMs: 0 }
    const path = `${dataDirectory}/${bad.ulid}/index`
    const { database } = await opened(fileSystem)
    const intact = fileSystem.readFile(path)
    let warned = 0
    for (let at = 5; at < intact.length - 60; at += 7) {
      const bytes = intact.slice()
      bytes[at] = (bytes[at] ?? 0) ^ 1
      fileSystem.rot(path, bytes)
      const { stored, warnings } = await storedIn(database, fileSystem)
      const isWarned = warnings.length > 0
      if (isWarned) warned++
      expect(textsOf(stored), `byte ${at}`).toEqual(isWarned ? withoutRange(bad) : everything)
    }
    expect(warned).toBeGreaterThan(30)
    await database.close()
  })

  it('damage that nobody reads is found in the background, each block in its turn', async () => {
    const fileSystem = disk.copy()
    const bad = blocks[3]?.ulid ?? ''
    rotChunk(fileSystem, bad)
    const { database, lines, clock } = await opened(fileSystem)
    await database.maintain()
    expect(database.stats()).toMatchObject({ damagedBlocks: 0, blockVerifications: 0 })
    for (let round = 1; round <= 5; round++) {
      await clock.advance(hourMs)
      await database.maintain()
      await database.maintain()
      expect(database.stats().blockVerifications).toBe(round)
    }
    expect(database.stats().damagedBlocks).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`Block is damaged {"block":"${bad}"`)
    await clock.advance(hourMs)
    await database.maintain()
    expect(lines).toHaveLength(1)
    await database.close()
  })
})
