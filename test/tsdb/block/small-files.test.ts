import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/base/crc32c.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { CorruptionError } from '../../../src/tsdb/block/corruption.ts'
import { type BlockMeta, readMeta, writeMeta } from '../../../src/tsdb/block/meta.ts'
import { repairIndexVersion } from '../../../src/tsdb/block/repair.ts'
import { readSeal, seal } from '../../../src/tsdb/block/seal.ts'
import { readTombstones, Tombstones, writeTombstones } from '../../../src/tsdb/block/tombstones.ts'
import { isUlid, makeUlid, newUlid, ulidTimeMs } from '../../../src/tsdb/block/ulid.ts'
import { verifyBlock } from '../../../src/tsdb/block/verify.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { metaOf, plainSeries, writeBlock } from './sample-block.ts'

describe('ULIDs', () => {
  it.each([
    [0, 0, '00000000000000000000000000'],
    [2 ** 48 - 1, 0xff, '7ZZZZZZZZZZZZZZZZZZZZZZZZZ'],
    [1_469_918_176_385, 0, '01ARYZ6S410000000000000000'],
  ])('%i ms and bytes of %i are %s', (timeMs, byte, ulid) => {
    expect(makeUlid(timeMs, new Uint8Array(10).fill(byte))).toBe(ulid)
    expect(ulidTimeMs(ulid)).toBe(timeMs)
  })

  it('they sort by time, and within a millisecond as they were made', () => {
    const clock = new SimClock()
    const ulids = Array.from({ length: 600 }, () => newUlid(clock))
    expect(new Set(ulids).size).toBe(600)
    expect(ulids.toSorted()).toEqual(ulids)
    expect(ulids.every(isUlid)).toBe(true)
    fc.assert(
      fc.property(
        fc.nat(2 ** 48 - 2),
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        (ms, random) => {
          expect(makeUlid(ms, random) < makeUlid(ms + 1, new Uint8Array(10))).toBe(true)
        },
      ),
    )
  })

  it.each([
    '',
    'wal',
    '01ARYZ6S41000000000000000',
    '01ARYZ6S41000000000000000U',
    '81ARYZ6S410000000000000000',
    '01ARYZ6S410000000000000000.tmp-for-creation',
  ])('%j is none', (name) => {
    expect(isUlid(name)).toBe(false)
  })
})

describe('meta.json', () => {
  it('is laid out as Prometheus does, and keeps what others have put into it', () => {
    const disk = diskWithBlock()
    const meta: BlockMeta = {
      ...metaOf({
        stats: {
          samples: 5,
          floatSamples: 3,
          histogramSamples: 2,
          series: 2,
          chunks: 2,
          tombstones: 0,
        },
        minTimeMs: -5,
        maxTimeMs: 10,
      }),
      compaction: {
        level: 2,
        sources: ['01ARYZ6S410000000000000000'],
        deletable: false,
        parents: [{ ulid: '01ARYZ6S410000000000000000', minTimeMs: -5, maxTimeMs: 0 }],
        failed: true,
        hints: ['from-out-of-order'],
      },
      foreign: { thanos: { labels: { replica: 'a' } } },
    }
    writeMeta(disk, '/block', meta)
    expect(Buffer.from(disk.readFile('/block/meta.json')).toString()).toBe(`{
	"ulid": "${meta.ulid}",
	"minTime": -5,
	"maxTime": 10,
	"stats": {
		"numSamples": 5,
		"numFloatSamples": 3,
		"numHistogramSamples": 2,
		"numSeries": 2,
		"numChunks": 2
	},
	"compaction": {
		"level": 2,
		"sources": [
			"01ARYZ6S410000000000000000"
		],
		"parents": [
			{
				"ulid": "01ARYZ6S410000000000000000",
				"minTime": -5,
				"maxTime": 0
			}
		],
		"failed": true,
		"hints": [
			"from-out-of-order"
		]
	},
	"version": 1,
	"thanos": {
		"labels": {
			"replica": "a"
		}
	}
}`)
    expect(readMeta(disk, '/block')).toEqual(meta)
  })

  it.each([
    ['', 'it is not JSON'],
    ['[]', ' is no object'],
    ['{"version": 2}', 'version is 2, not 1'],
    ['{"version": 1, "ulid": "x"}', 'not a ULID: "x"'],
    [
      '{"version": 1, "ulid": "01ARYZ6S410000000000000000", "minTime": 1.5}',
      'minTime is no time: 1.5',
    ],
    [
      '{"version": 1, "ulid": "01ARYZ6S410000000000000000", "minTime": 2, "maxTime": 1}',
      'it ends at 1, before 2',
    ],
    [
      '{"version": 1, "ulid": "01ARYZ6S410000000000000000", "stats": {"numSeries": -1}}',
      'numSeries is below 0: -1',
    ],
  ])('%s is refused', (text, reason) => {
    const disk = diskWithBlock()
    disk.writeFile('/block/meta.json', Buffer.from(text))
    expect(() => readMeta(disk, '/block')).toThrow(
      new CorruptionError('/block', 'meta.json', 0, reason),
    )
  })
})

describe('tombstones', () => {
  it('intervals that meet or touch become one, however they come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -20, max: 20 }), fc.nat(6))),
        (added) => {
          const tombstones = new Tombstones()
          for (const [ref, min, length] of added) {
            tombstones.add(ref, min, min + length)
            // Reading in between changes nothing.
            tombstones.of(ref)
          }
          for (const ref of [0, 1, 2, 3]) {
            expect([...tombstones.of(ref)]).toEqual(plainIntervals(added, ref))
          }
          const disk = diskWithBlock()
          writeTombstones(disk, '/block', tombstones)
          const read = readTombstones(disk, '/block')
          for (const ref of [0, 1, 2, 3]) expect(read.of(ref)).toEqual(tombstones.of(ref))
          expect(read.count).toBe(tombstones.count)
        },
      ),
    )
  })

  it('from the first to the last 64-bit time are read as all time, and written again', () => {
    const first = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
    const last = [0xfe, ...first.slice(1)]
    // Series 7 over all time, series 9 up to 3 and from 6 on.
    const rows = [7, ...first, ...last, 9, ...first, 6, 9, 12, ...last]
    const sum = new Uint8Array(4)
    new DataView(sum.buffer).setUint32(0, crc32c(Uint8Array.from(rows)))
    const disk = diskWithBlock()
    disk.writeFile('/block/tombstones', Uint8Array.of(0x01, 0x30, 0xba, 0x30, 1, ...rows, ...sum))
    const { MIN_SAFE_INTEGER: min, MAX_SAFE_INTEGER: max } = Number
    const expectAll = () => {
      const read = readTombstones(disk, '/block')
      expect([...read.of(7)]).toEqual([min, max])
      expect([...read.of(9)]).toEqual([min, 3, 6, max])
      return read
    }
    writeTombstones(disk, '/block', expectAll())
    expectAll()
  })

  it('one that ends before it starts, as Prometheus writes them, hides nothing', () => {
    const [disk, written] = [diskWithBlock(), new Tombstones()]
    written.add(1, 9_000, 3_000)
    written.add(2, 3_000, 9_000)
    writeTombstones(disk, '/block', written)
    const read = readTombstones(disk, '/block')
    expect(read.of(1)).toHaveLength(0)
    expect([...read.of(2)]).toEqual([3_000, 9_000])
  })

  it('without a file there are none', () => {
    const none = readTombstones(new SimFileSystem(), '/block')
    expect(none.count).toBe(0)
    expect(none.of(7)).toHaveLength(0)
  })
})

function diskWithBlock(): SimFileSystem {
  const disk = new SimFileSystem()
  disk.makeDirectory('/block')
  return disk
}

/** Every deleted time of a series, put together to runs. */
function plainIntervals(
  added: readonly (readonly [number, number, number])[],
  wanted: number,
): readonly number[] {
  const times = added
    .filter(([ref]) => ref === wanted)
    .flatMap(([, min, length]) => Array.from({ length: length + 1 }, (_, at) => min + at))
  const sorted = [...new Set(times)].sort((a, b) => a - b)
  return sorted.flatMap((time, at) => [
    ...(sorted[at - 1] === time - 1 ? [] : [time]),
    ...(sorted[at + 1] === time + 1 ? [] : [time]),
  ])
}

describe('the seal', () => {
  it('a file that somebody has written since is verified by its format, and sealed again', () => {
    const directory = sealedBlock()
    const path = join(directory, 'tombstones')
    const tombstones = new Tombstones()
    tombstones.add(12, 5, 6)
    writeTombstones(nodeFileSystem, directory, tombstones)
    touch(path, 1_000)
    verifyBlock(nodeFileSystem, directory)
    const file = readSeal(nodeFileSystem, directory)?.find(({ name }) => name === 'tombstones')
    expect(file?.mtimeMs).toBe(statSync(path).mtimeMs)
    damage(path, 8)
    expect(() => verifyBlock(nodeFileSystem, directory)).toThrow(
      `corruption in block ${directory}, tombstones at byte 0: a page is not what was sealed`,
    )
  })

  it('a block of Prometheus is sealed when it is verified the first time', () => {
    const directory = sealedBlock()
    nodeFileSystem.remove(join(directory, 'narthex.seal'))
    verifyBlock(nodeFileSystem, directory)
    expect(readSeal(nodeFileSystem, directory)?.map(({ name }) => name)).toEqual([
      'meta.json',
      'index',
      'tombstones',
      'chunks/000001',
    ])
  })

  it('damage in a written file is found by its format', () => {
    const directory = sealedBlock()
    damage(join(directory, 'index'), 20)
    touch(join(directory, 'index'), 1_000)
    expect(() => verifyBlock(nodeFileSystem, directory)).toThrow(CorruptionError)
    expect(() => BlockReader.open(nodeFileSystem, directory).close()).toThrow(CorruptionError)
  })

  it('a changed digit of meta.json is found when the block is opened', () => {
    const directory = sealedBlock()
    const path = join(directory, 'meta.json')
    const at = readFileSync(path, 'utf8').indexOf('"maxTime": 17') + 12
    damage(path, at)
    expect(() => BlockReader.open(nodeFileSystem, directory)).toThrow(
      `corruption in block ${directory}, meta.json at byte 0: a page is not what was sealed`,
    )
  })
})

describe('an index of version 2 that says 1', () => {
  it('is mended beside a meta.json of version 2, once', () => {
    const disk = new SimFileSystem()
    const meta = writeBlock(disk, '/block', plainSeries(3, 1, 5))
    disk.remove('/block/narthex.seal')
    const index = disk.readFile('/block/index')
    const broken = index.slice()
    broken[4] = 1
    disk.writeFile('/block/index', broken)
    const text = Buffer.from(disk.readFile('/block/meta.json')).toString()
    disk.writeFile('/block/meta.json', Buffer.from(text.replace('"version": 1', '"version": 2')))
    expect(() => BlockReader.open(disk, '/block')).toThrow('version is 2, not 1')
    expect(repairIndexVersion(disk, '/block')).toBe(true)
    expect(disk.readFile('/block/index')).toEqual(index)
    expect(BlockReader.open(disk, '/block').meta).toEqual(meta)
    expect(repairIndexVersion(disk, '/block')).toBe(false)
  })
})

function sealedBlock(): string {
  const directory = join(temporaryDirectory(), 'block')
  writeBlock(nodeFileSystem, directory, plainSeries(4, 2, 30))
  // A time that can be given back to a file to the last digit.
  for (const { name } of readSeal(nodeFileSystem, directory) ?? []) {
    utimesSync(join(directory, name), 1_700_000_000, 1_700_000_000)
  }
  seal(nodeFileSystem, directory)
  return directory
}

/** Changes a byte and leaves the file's time as it was, as a bad disk does. */
function damage(path: string, at: number): void {
  const { atime, mtime } = statSync(path)
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  utimesSync(path, atime, mtime)
}

function touch(path: string, byMs: number): void {
  const { atimeMs, mtimeMs } = statSync(path)
  utimesSync(path, atimeMs / 1000, Math.floor(mtimeMs + byMs) / 1000)
}
