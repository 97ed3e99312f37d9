import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { at } from '../../../src/base/assert.ts'
import { crc32c } from '../../../src/base/crc32c.ts'
import { coverUntil, newCoveredTimes } from '../../../src/tsdb/wal/covered-times.ts'
import { emptySampleRecord } from '../../../src/tsdb/wal/record.ts'
import { RecordDecoder } from '../../../src/tsdb/wal/record-decoder.ts'
import { replayWalInTurns } from '../../../src/tsdb/wal/replay.ts'
import { decodeSampleRows } from '../../../src/tsdb/wal/sample-rows.ts'
import { fragment, fragmentHeaderBytes, pageBytes } from '../../../src/tsdb/wal/segment-files.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { AheadHere } from './ahead-here.ts'
import { ContentHandler, contentOf, seriesRecord } from './log-content.ts'
import { rowsRecord, verdictOf } from './long-log.ts'

/** Three segments of series and samples, among them stale markers and records of many rows. */
async function writeLog(fileSystem: SimFileSystem, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const writer = WalWriter.open({
    fileSystem,
    directory: '/wal',
    segmentBytesMax: 65_536,
    compression: seed % 2 === 0 ? 'snappy' : 'none',
  })
  for (let record = 0; record < 60; record++) {
    if (record % 20 === 19) writer.startSegment()
    if (record % 7 === 0) writer.log([seriesRecord(record, 'name', 'x'.repeat(record * 9))])
    else writer.log([rowsRecord(random, Math.floor(random() ** 3 * 900))])
  }
  await writer.close()
}

interface Readers {
  readonly readers: number
  readonly pieceBytes?: number
}

const teams: readonly Readers[] = [
  { readers: 1 },
  { readers: 1, pieceBytes: 32_768 },
  { readers: 2, pieceBytes: 32_768 },
  { readers: 3, pieceBytes: 65_536 },
]

async function replayAhead(fileSystem: SimFileSystem, team: Readers, dieAfter?: number) {
  const handler = new ContentHandler()
  let ahead: AheadHere | undefined
  const result = await replayWalInTurns(
    {
      fileSystem,
      directory: '/wal',
      handler,
      readAhead: (segments) => {
        ahead = new AheadHere(fileSystem, segments, { ...team, dieAfter })
        return ahead
      },
    },
    async () => undefined,
  )
  const { lines, shares } = handler
  return { lines, shares, result, handed: ahead?.handed ?? 0, stops: ahead?.stops ?? 0 }
}

function piecesIn(fileSystem: SimFileSystem, pieceBytes: number): number {
  const sizes = fileSystem.list('/wal').map((name) => fileSystem.readFile(`/wal/${name}`).length)
  return sizes.reduce((sum, size) => sum + Math.max(1, Math.ceil(size / pieceBytes)), 0)
}

/** Every file with the sum of its bytes. */
function everythingOn(fileSystem: SimFileSystem, directory = '/wal'): readonly string[] {
  return fileSystem.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`
    if (fileSystem.stat(path)?.kind === 'directory') return everythingOn(fileSystem, path)
    const bytes = fileSystem.readFile(path)
    return [`${path} ${bytes.length} ${crc32c(bytes)}`]
  })
}

describe('a log that another thread reads ahead', () => {
  it('is replayed as one that is read here', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const fileSystem = new SimFileSystem()
      await writeLog(fileSystem, seed)
      const expected = contentOf(fileSystem, '/wal')
      for (const team of teams) {
        const found = await replayAhead(fileSystem, team)
        expect(found.lines).toEqual(expected.lines)
        expect(verdictOf(found.result)).toEqual(verdictOf(expected.result))
        expect(found.shares).toEqual(found.shares.toSorted((a, b) => a - b))
        expect(found.shares.at(-1)).toBe(1)
        const { pieceBytes } = team
        if (pieceBytes === undefined) expect(found.handed).toBe(expected.result.segments)
        else expect(found.handed).toBe(piecesIn(fileSystem, pieceBytes))
        expect(found.lines.filter((line) => line.endsWith('stale')).length).toBeGreaterThan(100)
      }
    }
  })

  it('has the same verdict, and the same repair, wherever a byte of it is wrong', {
    timeout: 60_000,
  }, async () => {
    const whole = new SimFileSystem()
    await writeLog(whole, 2)
    const random = seededRandom(7)
    let damaged = 0
    for (let round = 0; round < 24; round++) {
      const [here, there] = [whole.copy(), whole.copy()]
      const segment = `/wal/0000000${Math.floor(random() * 3)}`
      const bytes = whole.readFile(segment)
      const place = Math.floor(random() * bytes.length)
      for (const fileSystem of [here, there]) {
        const changed = bytes.slice()
        changed[place] = (changed[place] ?? 0) ^ (1 << (round % 8))
        if (round % 3 === 0) fileSystem.truncate(segment, place)
        else fileSystem.writeFile(segment, changed)
      }
      const expected = contentOf(here, '/wal')
      const found = await replayAhead(there, at(teams, round % teams.length))
      expect(found.lines.join('\n') === expected.lines.join('\n'), `${segment} ${place}`).toBe(true)
      expect(verdictOf(found.result), `${segment} ${place}`).toEqual(verdictOf(expected.result))
      expect(everythingOn(there)).toEqual(everythingOn(here))
      if (expected.result.corruptions.length > 0) damaged++
    }
    expect(damaged).toBeGreaterThan(16)
  })

  it('has the same verdict whatever bit is wrong where one reader ends and the next begins', {
    timeout: 60_000,
  }, async () => {
    const whole = new SimFileSystem()
    const writer = WalWriter.open({
      fileSystem: whole,
      directory: '/wal',
      segmentBytesMax: 131_072,
      compression: 'none',
    })
    const random = seededRandom(5)
    const room = pageBytes - fragmentHeaderBytes - seriesRecord(1, 'name', '').length
    // It fills its page, lengths of three bytes included: what follows begins with the next one.
    writer.log([seriesRecord(1, 'name', 'x'.repeat(room - 2))])
    for (let record = 0; record < 60; record++) writer.log([rowsRecord(random, 90)])
    await writer.close()
    const segment = '/wal/00000000'
    const bytes = whole.readFile(segment)
    expect(bytes[pageBytes]).toBe(fragment.full)
    const team = { readers: 2, pieceBytes: pageBytes }
    for (let bit = 0; bit < fragmentHeaderBytes * 8; bit++) {
      const [here, there] = [whole.copy(), whole.copy()]
      const changed = bytes.slice()
      const place = pageBytes + (bit >>> 3)
      changed[place] = (changed[place] ?? 0) ^ (1 << (bit & 7))
      for (const fileSystem of [here, there]) fileSystem.writeFile(segment, changed)
      const expected = contentOf(here, '/wal')
      const found = await replayAhead(there, team)
      expect(found.lines.join('\n') === expected.lines.join('\n'), `bit ${bit}`).toBe(true)
      expect(verdictOf(found.result), `bit ${bit}`).toEqual(verdictOf(expected.result))
      expect(everythingOn(there)).toEqual(everythingOn(here))
    }
  })

  it('is taken once, sample by sample, where a segment grows after it was listed', async () => {
    const fileSystem = new SimFileSystem()
    await writeLog(fileSystem, 4)
    const expected = contentOf(fileSystem, '/wal')
    const handler = new ContentHandler()
    await replayWalInTurns(
      {
        fileSystem,
        directory: '/wal',
        handler,
        readAhead: (segments) => {
          const shorter = segments.map(({ path, sizeBytes }) => ({
            path,
            sizeBytes: sizeBytes - 32_768,
          }))
          return new AheadHere(fileSystem, shorter, { readers: 2, pieceBytes: 32_768 })
        },
      },
      async () => undefined,
    )
    expect(handler.lines).toEqual(expected.lines)
  })

  it('is read to its end where that thread dies', async () => {
    const fileSystem = new SimFileSystem()
    await writeLog(fileSystem, 1)
    const expected = contentOf(fileSystem, '/wal')
    for (const team of teams) {
      for (const dieAfter of [0, 1, 2]) {
        const found = await replayAhead(fileSystem, team, dieAfter)
        expect(found.handed).toBe(dieAfter)
        expect(found.stops).toBeGreaterThan(0)
        expect(found.lines).toEqual(expected.lines)
        expect(verdictOf(found.result)).toEqual(verdictOf(expected.result))
      }
    }
  })

  it('is left out where it is covered, and only there, sample by sample', () => {
    const record = rowsRecord(seededRandom(3), 3_000)
    const whole = emptySampleRecord()
    for (const column of ['refs', 'timestampsMs', 'values'] as const) {
      whole[column] = new Float64Array(3_000)
    }
    whole.count = decodeSampleRows(record, whole, 0)
    expect(whole.count).toBe(3_000)
    const covered = newCoveredTimes(200_000, 599_999, 1e12)
    for (let ref = 200_000; ref < 400_000; ref++) coverUntil(covered, ref, 1.5e12 + 999)
    const rest = { ...whole, refs: new Float64Array(3_000), timestampsMs: new Float64Array(3_000) }
    const kept = decodeSampleRows(record, rest, 0, covered)
    const rows = Array.from({ length: 3_000 }, (_, row) => row).filter((row) => {
      const ref = whole.refs[row] ?? 0
      return ref < 200_000 || ref >= 400_000 || (whole.timestampsMs[row] ?? 0) >= 1.5e12
    })
    expect([...rest.refs.subarray(0, kept)]).toEqual(rows.map((row) => whole.refs[row]))
    expect([...rest.timestampsMs.subarray(0, kept)]).toEqual(
      rows.map((row) => whole.timestampsMs[row]),
    )
  })

  it('has its label pairs numbered, each handed on once, and every series as it was', async () => {
    const random = seededRandom(11)
    const fileSystem = new SimFileSystem()
    const segmentBytesMax = 1 << 26
    const options = { fileSystem, directory: '/wal', segmentBytesMax }
    const writer = WalWriter.open({ ...options, compression: 'snappy' })
    const textOf = () => ['', 'é', 'x'.repeat(70_000)][Math.floor(random() * 40)] ?? `${random()}`
    const texts = Array.from({ length: 500 }, textOf)
    for (let ref = 0; ref < 3_000; ref++) {
      const labels = ref % 500 === 0 ? 200 : Math.floor(random() * 6)
      const words = Array.from({ length: labels * 2 }, () =>
        at(texts, Math.floor(random() ** 2 * texts.length)),
      )
      const far = ref % 7 === 0 ? 2 ** 40 : 0
      const others = words.map((word, index) => (index === 1 ? 'other' : word))
      const other = seriesRecord(ref + far + 2 ** 41, ...others)
      const one = seriesRecord(ref + far, ...words)
      const record = ref % 8 === 0 ? Buffer.concat([one, other.subarray(1)]) : one
      writer.log([record, rowsRecord(random, 3)])
    }
    await writer.close()
    const [segment = ''] = fileSystem.list('/wal')
    const names: string[] = []
    const pairs: string[] = []
    let namesLeftOut = 0
    const lines: string[] = []
    const decoder = new RecordDecoder({
      series: () => expect.fail('a series was not numbered'),
      samples: () => undefined,
      interned: () => ({
        pair: (bytes, start, nameEnd, end, like) => {
          const text = (from: number, to: number) => Buffer.from(bytes.slice(from, to)).toString()
          if (like >= 0) namesLeftOut++
          const name = like < 0 ? text(start, nameEnd) : at(names, like)
          names.push(name)
          pairs.push(`${name},${text(nameEnd, end)}`)
        },
        series: (ref, numbers, start, end) => {
          const spelled = Array.from(numbers.subarray(start, end), (number) => at(pairs, number))
          lines.push(`series ${ref} ${spelled}`)
        },
      }),
    })
    const path = `/wal/${segment}`
    const sizeBytes = fileSystem.readFile(path).length
    const ahead = new AheadHere(fileSystem, [{ path, sizeBytes }])
    for (let batch = await ahead.next(); batch; batch = await ahead.next()) {
      batch.give(decoder, () => undefined)
      ahead.release(batch)
    }
    const expected = contentOf(fileSystem, '/wal').lines.filter((line) => line.startsWith('series'))
    expect(lines.join('\n') === expected.join('\n')).toBe(true)
    expect(new Set(pairs).size).toBe(pairs.length)
    expect(namesLeftOut).toBeGreaterThan(100)
  })
})
