import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { at } from '../../../src/base/assert.ts'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { encodeSamples } from '../../../src/tsdb/wal/record.ts'
import { RecordIndex, recordIndexFolder } from '../../../src/tsdb/wal/record-index.ts'
import type { LogReaders } from '../../../src/tsdb/wal/replay.ts'
import { SegmentReader } from '../../../src/tsdb/wal/segment-reader.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { AheadHere } from '../wal/ahead-here.ts'
import { seriesRecord } from '../wal/log-content.ts'
import { fill, nowMs, open, samples } from './chunk-files-world.ts'

const indexes = `/data/${recordIndexFolder}`

/** Readers in this thread, and what they were told and did. */
class Readers implements LogReaders {
  readonly #disk: SimFileSystem
  readonly #team: { readonly readers: number; readonly pieceBytes: number }
  readonly #coveredAfter: number
  begun = 0
  leftOut: readonly number[] = []
  #told: Uint8Array | undefined

  constructor(disk: SimFileSystem, readers = 1, coveredAfter = 0) {
    this.#disk = disk
    this.#team = { readers, pieceBytes: 32_768 }
    this.#coveredAfter = coveredAfter
  }

  prepare(): void {
    // They begin when they are asked.
  }

  readonly begin: LogReaders['begin'] = (segments, covered) => {
    this.begun++
    this.#told ??= covered?.leftOut
    const options = { ...this.#team, covered, coveredAfter: this.#coveredAfter }
    return new AheadHere(this.#disk, segments, options)
  }

  end(): void {
    this.leftOut = [...(this.#told ?? [])]
  }
}

/** So many lives, each killed, of three series that go on. */
async function killedLives(lives: number, steps = 1_500): Promise<SimFileSystem> {
  const fileSystem = new SimFileSystem()
  for (let life = 0; life < lives; life++) {
    const database = await open(fileSystem, { walSegmentBytesMax: 65_536 })
    fill(database, life * steps, (life + 1) * steps)
  }
  return fileSystem
}

async function loaded(disk: SimFileSystem, readers?: Readers): Promise<readonly string[]> {
  return samples(await open(disk, readers === undefined ? {} : { logReaders: readers }), disk)
}

describe('samples of the log that head chunk files have', () => {
  it('are left out by who reads it ahead, and no others, also where the files of a life are gone', async () => {
    const whole = await killedLives(3)
    const gone = whole.copy()
    gone.remove('/data/chunks_head/000002')
    for (const disk of [whole, gone]) {
      const all = await loaded(disk.copy())
      expect(all).toHaveLength(13_500)
      for (const [team, coveredAfter] of [
        [1, 0],
        [2, 3],
      ]) {
        const copy = disk.copy()
        const readers = new Readers(copy, team, coveredAfter)
        expect(await loaded(copy, readers)).toEqual(all)
        expect(readers.leftOut).toEqual([1, 1, 1])
        expect(readers.begun).toBe(1)
      }
    }
  })

  it('are passed over by whole records: damage in those costs nothing, and is left alone', async () => {
    const disk = await killedLives(2)
    const all = await loaded(disk.copy())
    const segment = '/data/wal/00000000'
    const damaged = disk.readFile(segment).slice()
    const index = new RecordIndex(disk.readFile(`${indexes}/00000000`))
    expect(index.count).toBeGreaterThan(1_000)
    // Of the first chunk of each series all but the first sample and the last.
    for (let entry = 1; entry < 100; entry++) {
      const last = index.place(entry).end - 1
      damaged[last] = (damaged[last] ?? 0) ^ 1
    }
    disk.writeFile(segment, damaged)
    const damages = (database: Database) => database.stats().walCorruptions
    const plain = disk.copy()
    expect(damages(await open(plain))).toBeGreaterThan(0)
    const readers = new Readers(disk)
    const spared = await open(disk, { logReaders: readers })
    expect(damages(spared)).toBe(0)
    expect(await samples(spared, disk)).toEqual(all)
    expect(disk.readFile(segment)).toEqual(damaged)
  })

  it("are all there where an index is cut, damaged, another segment's, or gone, and where the log is damaged", {
    timeout: 120_000,
  }, async () => {
    const whole = await killedLives(3, 900)
    const all = await loaded(whole.copy())
    expect(all).toHaveLength(8_100)
    const random = seededRandom(41)
    const pick = <T>(list: readonly T[]) => at(list, Math.floor(random() * list.length))
    for (let round = 0; round < 60; round++) {
      const disk = whole.copy()
      const path = `${indexes}/${pick(disk.list(indexes))}`
      const bytes = disk.readFile(path).slice()
      const place = Math.floor(random() * bytes.length)
      const other = disk.readFile(`${indexes}/${pick(disk.list(indexes))}`)
      const changed = bytes.slice()
      changed[place] = (changed[place] ?? 0) ^ (1 << Math.floor(random() * 8))
      disk.writeFile(path, pick([bytes.slice(0, place), changed, other, new Uint8Array(0)]))
      if (round % 3 === 0) {
        const log = `/data/wal/${pick(disk.list('/data/wal'))}`
        const flipped = disk.readFile(log).slice()
        const bit = Math.floor(random() * flipped.length)
        flipped[bit] = (flipped[bit] ?? 0) ^ 0x10
        disk.writeFile(log, flipped)
      }
      const expected = await loaded(disk.copy())
      const readers = new Readers(disk, 1 + (round % 2), round % 5)
      const found = await loaded(disk, readers)
      // Of a damaged log readers may have passed over what was damaged: then there is more.
      if (round % 3 === 0) expect(expected.every((line) => found.includes(line))).toBe(true)
      else expect(found, `round ${round}`).toEqual(all)
    }
  })

  it('are read after all where a chunk of theirs is not used: the series had newer ones by another ref', async () => {
    const disk = new SimFileSystem()
    const before = WalWriter.open({
      fileSystem: disk,
      directory: '/data/wal',
      segmentBytesMax: 65_536,
      compression: 'none',
    })
    before.log([seriesRecord(900, '__name__', 'a'), rowsOfOne(900, 300)])
    await before.close()
    const later = await killedLives(1)
    for (const folder of ['wal', 'chunks_head', recordIndexFolder]) {
      disk.makeDirectory(`/data/${folder}`)
      for (const name of later.list(`/data/${folder}`)) {
        const number = folder === 'chunks_head' ? name : String(Number(name) + 1).padStart(8, '0')
        disk.writeFile(`/data/${folder}/${number}`, later.readFile(`/data/${folder}/${name}`))
      }
    }
    const all = await loaded(disk.copy())
    expect(all).toHaveLength(4_500)
    const readers = new Readers(disk)
    expect(await loaded(disk, readers)).toEqual(all)
    expect(readers.begun).toBe(2)
    // No chunk with a gap was left behind.
    expect(await loaded(disk)).toEqual(all)
  })

  it('are read after all where the log has lost what a ref is', async () => {
    const disk = await killedLives(1)
    const names = disk.list('/data/wal')
    expect(names).toHaveLength(2)
    // The series are in the first segment. The other one ends, as after a power cut, within one chunk.
    disk.remove('/data/wal/00000000')
    const reader = new SegmentReader(disk, '/data/wal/00000001')
    for (let record = 0; record < 3; record++) reader.next()
    const lostBy = (database: Database) => database.stats().replayedWithoutSeries.samples
    const whole = disk.readFile('/data/wal/00000001')
    for (const end of [whole.length, reader.nextStart()]) {
      disk.writeFile('/data/wal/00000001', whole.slice(0, end))
      const [plain, copy] = [disk.copy(), disk.copy()]
      const lost = lostBy(await open(plain))
      expect(lost).toBeGreaterThan(5)
      const readers = new Readers(copy)
      expect(lostBy(await open(copy, { logReaders: readers }))).toBe(lost)
      expect(readers.leftOut).toEqual([1, 1, 1])
    }
  })
})

/** Samples of a ref a second apart from the beginning on, all of value 7. */
function rowsOfOne(ref: number, count: number): Uint8Array {
  const columns = {
    refs: new Float64Array(count).fill(ref),
    timestampsMs: Float64Array.from({ length: count }, (_, step) => nowMs + step * 1_000),
    values: new Float64Array(count).fill(7),
  }
  const writer = new ByteWriter()
  encodeSamples(writer, columns, 0, count)
  return writer.copy()
}
