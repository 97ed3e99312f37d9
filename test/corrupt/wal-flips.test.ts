import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { writeCheckpoint } from '../../src/tsdb/wal/checkpoint.ts'
import { type ReplayResult, replayWal } from '../../src/tsdb/wal/replay.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { samplesRecord, seriesRecord } from '../tsdb/wal/log-content.ts'

const directory = '/wal'
const pageBytes = 32_768
const flips = process.env.NARTHEX_SOAK === undefined ? 10_000 : 110_000
const timeoutMs = 12 * flips

function openWriter(fileSystem: SimFileSystem): WalWriter {
  const segmentBytesMax = 2 * pageBytes
  return WalWriter.open({ fileSystem, directory, segmentBytesMax, compression: 'snappy' })
}

/** A record with so many samples: times ascend over the whole log. */
function samples(firstMs: number, count: number, random: () => number): Uint8Array {
  return samplesRecord(
    ...Array.from({ length: count }, (_, row): [number, number, number] => [
      1 + (row % 9),
      firstMs + row,
      random(),
    ]),
  )
}

/** Text that does not compress, now and then longer than what is left of a page. */
function noise(length: number, random: () => number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join('')
}

/** A checkpoint and three segments of series and samples, compressed and not, long and short. */
async function wholeLog(): Promise<SimFileSystem> {
  const fileSystem = new SimFileSystem()
  const random = seededRandom(3)
  let timeMs = 1_700_000_000_000
  const write = async (records: number): Promise<void> => {
    const writer = openWriter(fileSystem)
    for (let count = 0; count < records; count++) {
      const rows = 1 + Math.floor(random() * 20)
      writer.log([
        seriesRecord(timeMs, 'text', noise(Math.floor(random() ** 3 * 2_600), random)),
        samples(timeMs, rows, random),
      ])
      timeMs += rows
    }
    await writer.close()
  }
  await write(45)
  await write(45)
  await writeCheckpoint({
    fileSystem,
    directory,
    from: 0,
    to: 0,
    keepSeries: () => true,
    minTimeMs: 0,
    compression: 'snappy',
  })
  await write(45)
  await write(45)
  return fileSystem
}

/** What a replay hands on: a line for each series, and for each record of samples. */
function contentOf(fileSystem: SimFileSystem): { lines: readonly string[]; result: ReplayResult } {
  const lines: string[] = []
  const result = replayWal({
    fileSystem,
    directory,
    handler: {
      series: (ref, texts) => lines.push(`${ref} ${texts.end(1) - texts.start(1)}`),
      samples: ({ refs, timestampsMs, values, count }) => {
        let sum = 0
        for (let row = 0; row < count; row++) sum += (refs[row] ?? 0) * (values[row] ?? 0)
        lines.push(`${timestampsMs[0]} ${count} ${sum}`)
      },
    },
  })
  return { lines, result }
}

interface LogFile {
  readonly path: string
  readonly bytes: Uint8Array
  /** The lines that a replay gives of it alone, and of each page by the record that begins there. */
  readonly lines: readonly string[]
}

function filesOf(fileSystem: SimFileSystem): LogFile[] {
  const names = fileSystem.list(directory)
  const checkpoint = names.find((name) => name.startsWith('checkpoint.')) ?? ''
  const folders = [`${directory}/${checkpoint}`, directory]
  return folders.flatMap((folder) =>
    fileSystem
      .list(folder)
      .filter((name) => /^\d{8}$/.test(name))
      .map((name) => {
        const path = `${folder}/${name}`
        const bytes = fileSystem.readFile(path)
        return { path, bytes, lines: linesOf(bytes) }
      }),
  )
}

/** What a log of that one segment gives. */
function linesOf(bytes: Uint8Array): readonly string[] {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory(directory)
  fileSystem.writeFile(`${directory}/00000000`, bytes)
  return contentOf(fileSystem).lines
}

/** The lines of records that end before the place, or begin behind its page. */
function keptLines({ bytes, lines }: LogFile, at: number): readonly string[] {
  const before = linesOf(bytes.subarray(0, at))
  const nextPage = (Math.floor(at / pageBytes) + 1) * pageBytes
  const behind = nextPage >= bytes.length ? [] : linesOf(bytes.subarray(nextPage))
  expect(lines.slice(0, before.length)).toEqual(before)
  return [...before, ...behind]
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const line of whole) if (at < part.length && part[at] === line) at++
  return at === part.length
}

function copyOf(files: readonly LogFile[]): SimFileSystem {
  const copy = new SimFileSystem()
  for (const { path, bytes } of files) {
    copy.makeDirectory(path.slice(0, path.lastIndexOf('/')))
    copy.writeFile(path, bytes)
  }
  return copy
}

describe('a flipped bit in the log', () => {
  it(
    `costs at most the records behind it in its page, in segments and checkpoint (${flips} flips)`,
    async () => {
      const original = await wholeLog()
      const files = filesOf(original)
      expect(files).toHaveLength(4)
      const all = contentOf(original).lines
      const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
      const random = seededRandom(5)
      let lossless = 0
      for (let flip = 0; flip < flips; flip++) {
        let place = Math.floor(random() * total)
        const file = files.find(({ bytes }) => {
          if (place < bytes.length) return true
          place -= bytes.length
          return false
        })
        if (file === undefined) throw new Error('no such place')
        const damaged = file.bytes.slice()
        damaged[place] = (damaged[place] ?? 0) ^ (1 << Math.floor(random() * 8))
        const fileSystem = copyOf(files)
        fileSystem.writeFile(file.path, damaged)
        const where = `${file.path} byte ${place}`
        const { lines, result } = contentOf(fileSystem)
        if (!isSubsequence(lines, all)) throw new Error(`${where}: something that was not written`)
        if (lines.length === all.length) lossless++
        else {
          const { corruptions } = result
          expect(corruptions, where).toHaveLength(1)
          expect(corruptions[0]?.file).toBe(file.path)
          expect(Math.floor((corruptions[0]?.offsetBytes ?? 0) / pageBytes), where).toBe(
            Math.floor(place / pageBytes),
          )
          expect(fileSystem.list(`${directory}/quarantine`), where).toHaveLength(1)
        }
        if (flip % 50 === 0) {
          const kept = keptLines(file, place)
          if (!isSubsequence(kept, lines)) throw new Error(`${where}: lost more than its page`)
          await expectCleanAfterwards(fileSystem, lines, where)
        }
      }
      // Bits of padding, and of headers where a flag meant nothing.
      expect(lossless).toBeLessThan(flips / 10)
    },
    timeoutMs,
  )

  it('in any bit of any header gives no wrong value', async () => {
    const original = await wholeLog()
    const all = contentOf(original).lines
    const files = filesOf(original)
    for (const file of files) {
      for (const place of headerPlaces(file.bytes)) {
        for (let bit = 0; bit < 8; bit++) {
          const fileSystem = copyOf(files)
          const damaged = file.bytes.slice()
          damaged[place] = (damaged[place] ?? 0) ^ (1 << bit)
          fileSystem.writeFile(file.path, damaged)
          const { lines } = contentOf(fileSystem)
          if (!isSubsequence(lines, all)) {
            throw new Error(`${file.path} byte ${place} bit ${bit}: something that was not written`)
          }
        }
      }
    }
  }, 120_000)
})

/** Bytes of the headers of some fragments: every twelfth, and the first two of each page. */
function headerPlaces(bytes: Uint8Array): number[] {
  const places: number[] = []
  let at = 0
  for (let fragment = 0; at + 7 <= bytes.length; fragment++) {
    const inPage = at % pageBytes
    if (pageBytes - inPage < 7 || bytes[at] === 0) {
      at += pageBytes - inPage
      continue
    }
    if (fragment % 12 === 0 || inPage === 0)
      for (let byte = 0; byte < 7; byte++) places.push(at + byte)
    at += 7 + (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0)
  }
  return places
}

/** After the repair: a clean log, that takes a hundred appends over a restart. */
async function expectCleanAfterwards(
  fileSystem: SimFileSystem,
  lines: readonly string[],
  where: string,
): Promise<void> {
  const writer = openWriter(fileSystem)
  for (let count = 0; count < 100; count++) writer.log([samplesRecord([1, 2e12 + count, count])])
  await writer.close()
  const again = contentOf(fileSystem)
  expect(again.result.corruptions, where).toEqual([])
  expect(again.result.findings, where).toEqual([])
  expect(again.lines.length, where).toBe(lines.length + 100)
  expect(again.lines.slice(0, lines.length), where).toEqual(lines)
}
