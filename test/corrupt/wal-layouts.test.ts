import { describe, expect, it } from 'vitest'
import { writeCheckpoint } from '../../src/tsdb/wal/checkpoint.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { SimError, SimFileSystem } from '../sim/sim-file-system.ts'
import { contentOf, samplesRecord, seriesRecord } from '../tsdb/wal/log-content.ts'

const directory = '/wal'
const t = 1_700_000_000_000

function openWriter(fileSystem: SimFileSystem): WalWriter {
  const segmentBytesMax = 2 * 32_768
  return WalWriter.open({ fileSystem, directory, segmentBytesMax, compression: 'none' })
}

/** Segment n holds series n + 1 and a sample of it. */
async function writeSegments(fileSystem: SimFileSystem, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) {
    const writer = openWriter(fileSystem)
    writer.log([seriesRecord(number + 1, 'n', `${number}`), samplesRecord([number + 1, t, number])])
    await writer.close()
  }
}

function checkpointTo(fileSystem: SimFileSystem, to: number): Promise<unknown> {
  return writeCheckpoint({
    fileSystem,
    directory,
    from: 0,
    to,
    keepSeries: () => true,
    minTimeMs: 0,
    compression: 'none',
  })
}

/** Segments 0 to 5 of which 0 and 1 have become a checkpoint, or six segments without one. */
async function log(withCheckpoint: boolean): Promise<SimFileSystem> {
  const fileSystem = new SimFileSystem()
  await writeSegments(fileSystem, 0, 5)
  if (withCheckpoint) await checkpointTo(fileSystem, 1)
  return fileSystem
}

function copy(fileSystem: SimFileSystem, from: string, to: string): void {
  fileSystem.writeFile(`${directory}/${to}`, fileSystem.readFile(`${directory}/${from}`))
}

function damage(fileSystem: SimFileSystem, name: string, at = 20): void {
  const bytes = fileSystem.readFile(`${directory}/${name}`)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  fileSystem.writeFile(`${directory}/${name}`, bytes)
}

interface Layout {
  readonly name: string
  readonly withCheckpoint?: true
  readonly change: (fileSystem: SimFileSystem) => void | Promise<void>
  /** Segments of which nothing is left. */
  readonly lost?: readonly number[]
  /** Parts of what is told: corruptions and findings together. */
  readonly told: readonly string[]
  /** Names that a second start still tells of. */
  readonly stays?: readonly string[]
}

const remove = (name: string) => (fileSystem: SimFileSystem) =>
  fileSystem.remove(`${directory}/${name}`, { recursive: true })
const cut = (name: string) => (fileSystem: SimFileSystem) =>
  fileSystem.truncate(`${directory}/${name}`, 0)
const file = (name: string) => (fileSystem: SimFileSystem) =>
  fileSystem.writeFile(`${directory}/${name}`, Uint8Array.of(1, 2, 3))
const folder = (name: string) => (fileSystem: SimFileSystem) =>
  fileSystem.makeDirectory(`${directory}/${name}`)

const each =
  (numbers: readonly number[], change: (name: string) => (fileSystem: SimFileSystem) => void) =>
  (fileSystem: SimFileSystem) => {
    for (const number of numbers) change(`0000000${number}`)(fileSystem)
  }

const layouts: readonly Layout[] = [
  { name: 'nothing wrong', change: () => undefined, told: [] },
  {
    name: 'nothing wrong, with a checkpoint',
    withCheckpoint: true,
    change: () => undefined,
    told: [],
  },
  {
    name: 'an empty directory',
    change: each([0, 1, 2, 3, 4, 5], remove),
    lost: [0, 1, 2, 3, 4, 5],
    told: [],
  },
  { name: 'the first segment is missing', change: remove('00000000'), lost: [0], told: [] },
  {
    name: 'a segment is missing',
    change: remove('00000002'),
    lost: [2],
    told: ['segments 2 to 2 are missing'],
  },
  {
    name: 'two segments are missing',
    change: each([2, 3], remove),
    lost: [2, 3],
    told: ['segments 2 to 3 are missing'],
  },
  {
    name: 'two gaps',
    change: each([1, 4], remove),
    lost: [1, 4],
    told: ['segments 1 to 1 are missing', 'segments 4 to 4 are missing'],
  },
  { name: 'the last segment is missing', change: remove('00000005'), lost: [5], told: [] },
  {
    name: 'a segment behind the checkpoint is missing',
    withCheckpoint: true,
    change: remove('00000002'),
    lost: [2],
    told: ['segments 2 to 2 are missing'],
  },
  {
    name: 'all segments behind the checkpoint are missing',
    withCheckpoint: true,
    change: each([2, 3, 4, 5], remove),
    lost: [2, 3, 4, 5],
    told: [],
  },
  { name: 'the first segment is empty', change: cut('00000000'), lost: [0], told: [] },
  { name: 'a segment is empty', change: cut('00000003'), lost: [3], told: [] },
  { name: 'the last segment is empty', change: cut('00000005'), lost: [5], told: [] },
  {
    name: 'all segments are empty',
    change: each([0, 1, 2, 3, 4, 5], cut),
    lost: [0, 1, 2, 3, 4, 5],
    told: [],
  },
  {
    name: 'a segment twice, by a longer name',
    change: (disk) => copy(disk, '00000003', '000000003'),
    told: ['000000003 is named like a segment and is none'],
    stays: ['000000003'],
  },
  {
    name: 'a segment twice, by a shorter name',
    change: (disk) => copy(disk, '00000003', '3'),
    told: ['/wal/3 is named like a segment and is none'],
    stays: ['3'],
  },
  {
    name: 'a number far away',
    change: (disk) => copy(disk, '00000005', '00009000'),
    told: ['segments 6 to 8999 are missing'],
    stays: ['missing'],
  },
  {
    name: 'a segment that is a directory',
    change: (disk) => {
      remove('00000003')(disk)
      folder('00000003')(disk)
    },
    lost: [3],
    told: ['segment /wal/00000003 is not a file', 'segments 3 to 3 are missing'],
    stays: ['not a file', 'missing'],
  },
  {
    name: 'a stray file',
    change: file('notes.txt'),
    told: ['/wal/notes.txt does not belong to a log'],
    stays: ['notes.txt'],
  },
  {
    name: 'a stray directory',
    change: folder('backup'),
    told: ['/wal/backup does not belong to a log'],
    stays: ['backup'],
  },
  {
    name: 'files of upstream beside the log',
    change: (disk) => file('series_state.json')(disk),
    told: [],
  },
  {
    name: 'a segment that upstream was repairing',
    change: file('00000002.repair'),
    told: ['/wal/00000002.repair does not belong to a log'],
    stays: ['repair'],
  },
  {
    name: 'a segment that was being written anew',
    change: file('00000002.tmp'),
    told: [],
  },
  {
    name: 'a checkpoint that was being written',
    change: (disk) => {
      folder('checkpoint.00000003.tmp')(disk)
      file('checkpoint.00000003.tmp/00000000')(disk)
    },
    told: [],
  },
  {
    name: 'an empty checkpoint, no other',
    change: folder('checkpoint.00000001'),
    told: ['checkpoint /wal/checkpoint.00000001 is empty'],
    stays: ['empty'],
  },
  {
    name: 'an empty checkpoint behind a good one',
    withCheckpoint: true,
    change: folder('checkpoint.00000003'),
    told: ['checkpoint /wal/checkpoint.00000003 is empty'],
    stays: ['empty'],
  },
  {
    name: 'a checkpoint that is a file',
    withCheckpoint: true,
    change: file('checkpoint.00000004'),
    told: ['checkpoint /wal/checkpoint.00000004 is not a directory'],
    stays: ['not a directory'],
  },
  {
    name: 'an older checkpoint beside the newer',
    withCheckpoint: true,
    change: (disk) => {
      folder('checkpoint.00000000')(disk)
      copy(disk, '00000005', 'checkpoint.00000000/00000000')
    },
    told: [],
  },
  {
    name: 'segments that the checkpoint replaces',
    withCheckpoint: true,
    change: (disk) => copy(disk, '00000005', '00000001'),
    told: [],
  },
  {
    name: 'a checkpoint without leading zeros',
    withCheckpoint: true,
    change: (disk) => disk.rename(`${directory}/checkpoint.00000001`, `${directory}/checkpoint.1`),
    told: [],
  },
  {
    name: 'a damaged checkpoint',
    withCheckpoint: true,
    change: (disk) => damage(disk, 'checkpoint.00000001/00000000'),
    lost: [0, 1],
    told: ['checkpoint.00000001/00000000 at byte 0: checksum'],
  },
  {
    name: 'a checkpoint whose file is empty',
    withCheckpoint: true,
    change: cut('checkpoint.00000001/00000000'),
    lost: [0, 1],
    told: [],
  },
  {
    name: 'a damaged segment in the middle',
    change: (disk) => damage(disk, '00000003'),
    lost: [3],
    told: ['00000003 at byte 0: checksum'],
  },
  {
    name: 'a torn segment in the middle',
    change: (disk) => disk.truncate(`${directory}/00000003`, 50),
    told: ['the last fragment is torn'],
  },
]

/** What is handed on of each segment: `series N`, `sample N`. */
function partsOf(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.split(' ').slice(0, 2).join(' ')).sort()
}

describe('the layout of a log', () => {
  it.each(layouts)('$name', async ({ withCheckpoint, change, lost = [], told, stays = [] }) => {
    const fileSystem = await log(withCheckpoint === true)
    const whole = partsOf(contentOf(fileSystem, directory).lines)
    await change(fileSystem)
    const { lines, result } = contentOf(fileSystem, directory)
    const verdict = [...result.corruptions.map(({ message }) => message), ...result.findings]
    expect(verdict).toHaveLength(told.length)
    for (const part of told) expect(verdict.join('\n')).toContain(part)
    const isTorn = told[0]?.includes('is torn') === true
    const left = whole.filter(
      (part) =>
        !lost.some((number) => part.endsWith(` ${number + 1}`)) && !(isTorn && part === 'sample 4'),
    )
    // What a number far away holds is read once more.
    expect([...new Set(partsOf(lines))]).toEqual(left)

    // Writing goes on behind everything, and the next start tells only of what nobody may touch.
    const taken = fileSystem.list(directory).filter((name) => /^\d{8}$/.test(name))
    const writer = openWriter(fileSystem)
    expect(writer.segment).toBeGreaterThan(Math.max(-1, ...taken.map(Number)))
    writer.log([seriesRecord(77, 'n', 'new'), samplesRecord([77, t, 1])])
    await writer.close()
    const again = contentOf(fileSystem, directory)
    expect(again.result.corruptions).toEqual([])
    expect(again.result.findings).toHaveLength(stays.length)
    for (const part of stays) expect(again.result.findings.join('\n')).toContain(part)
    expect([...new Set(partsOf(again.lines))]).toEqual([...left, 'sample 77', 'series 77'].sort())

    // And a checkpoint reads what replay reads.
    await checkpointTo(fileSystem, writer.segment)
    expect([...new Set(partsOf(contentOf(fileSystem, directory).lines))]).toEqual(
      [...left, 'sample 77', 'series 77'].sort(),
    )
  })

  it('counts at least thirty', () => {
    expect(layouts.length).toBeGreaterThanOrEqual(30)
  })

  it('a log that nobody has made yet is an empty one', () => {
    const { lines, result } = contentOf(new SimFileSystem(), directory)
    expect(lines).toEqual([])
    expect(result).toMatchObject({ segments: 0, records: 0, corruptions: [], findings: [] })
  })

  it('a segment that the system cannot read is told, stays, and is set aside by the third checkpoint', async () => {
    const fileSystem = await log(false)
    const beforeRead = (path: string) => {
      if (path === `${directory}/00000002`) throw new SimError('EIO', path)
    }
    fileSystem.faults = { beforeRead }
    const { lines, result } = contentOf(fileSystem, directory)
    expect(result.corruptions.map(({ message }) => message)).toEqual([
      'corruption in /wal/00000002 at byte 0: cannot be read: EIO: simulated at /wal/00000002',
    ])
    expect(lines).toHaveLength(10)
    await expect(checkpointTo(fileSystem, 3)).rejects.toThrow('00000002 at byte 0: cannot be read')
    expect(fileSystem.list(directory)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `0000000${n}`))
    await writeCheckpoint({
      fileSystem,
      directory,
      from: 0,
      to: 3,
      keepSeries: () => true,
      minTimeMs: 0,
      compression: 'none',
      setAsideUnreadable: true,
    })
    expect(fileSystem.list(directory)).toEqual([
      '00000004',
      '00000005',
      'checkpoint.00000003',
      'quarantine',
    ])
    expect(fileSystem.list(`${directory}/quarantine`)).toEqual(['00000002'])
    expect(contentOf(fileSystem, directory).lines).toHaveLength(10)
  })
})
