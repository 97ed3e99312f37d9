import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import type { RecordHandler } from '../../../src/tsdb/wal/record-decoder.ts'
import { type ReplayResult, replayWal } from '../../../src/tsdb/wal/replay.ts'
import { SegmentReader } from '../../../src/tsdb/wal/segment-reader.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../../support/conformance-data.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { ContentHandler } from './log-content.ts'

interface DamageCase {
  readonly name: string
  readonly file?: string
  readonly remove?: string
  readonly truncate_to?: number
  readonly xor_at?: number
  readonly xor_with?: number
  readonly total_samples: number
}

function copyOfData(): string {
  const directory = temporaryDirectory()
  cpSync(join(conformanceDirectory, 'tsdb/wal-data'), directory, { recursive: true, mode: 0 })
  return directory
}

function segmentsOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^\d{8}$/.test(name))
    .map((name) => join(directory, name))
}

function typesOf(paths: readonly string[]): Record<number, number> {
  const types: Record<number, number> = {}
  for (const path of paths) {
    const reader = new SegmentReader(nodeFileSystem, path)
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      const type = record[0] ?? 0
      types[type] = (types[type] ?? 0) + 1
    }
    reader.close()
  }
  return types
}

/** Counts of what a log hands on; samples and histograms that a query sees, each once. */
function replay(directory: string): { result: ReplayResult; samples: number; counts: object } {
  const content = new ContentHandler()
  const handler: RecordHandler = content
  const result = replayWal({ fileSystem: nodeFileSystem, directory, handler })
  const counts: Record<string, number> = {}
  const samples = new Set<string>()
  for (const line of content.lines) {
    const [kind = '', ref, at, value] = line.split(' ')
    counts[kind] = (counts[kind] ?? 0) + 1
    // count_over_time, which the given counts are made with, leaves stale markers out.
    if (value === 'stale') continue
    if (kind === 'sample' || kind === 'histogram') samples.add(`${ref} ${at}`)
  }
  return { result, samples: samples.size, counts }
}

describe.skipIf(conformanceIsAbsent)('the log of a Prometheus that was killed', () => {
  const wal = join(conformanceDirectory, 'tsdb/wal-data/wal')

  it('has records of these kinds, and all of them are read', () => {
    const directory = join(copyOfData(), 'wal')
    const { result, samples, counts } = replay(directory)
    expect(result.corruptions).toEqual([])
    expect(result.findings).toEqual([])
    expect([...result.notLoaded]).toEqual([])
    expect(result.histogramsPassedOver).toBe(0)
    expect(typesOf(segmentsOf(wal))).toMatchInlineSnapshot(`
      {
        "1": 14,
        "2": 2248,
        "4": 279,
        "7": 279,
      }
    `)
    expect(counts).toMatchInlineSnapshot(`
      {
        "exemplar": 279,
        "histogram": 279,
        "sample": 20549,
        "series": 88,
      }
    `)
    expect(samples).toBe(20_799)
    // Reading changes nothing of what is whole.
    for (const path of segmentsOf(wal)) {
      const name = path.slice(path.lastIndexOf('/'))
      expect(readFileSync(join(directory, name)).equals(readFileSync(path))).toBe(true)
    }
  })

  it('has records that are the same after they were written and read again', async () => {
    const directory = temporaryDirectory()
    const segmentBytesMax = 128 << 20
    const writer = WalWriter.open({
      fileSystem: nodeFileSystem,
      directory,
      segmentBytesMax,
      compression: 'snappy',
    })
    const records: Uint8Array[] = []
    for (const path of segmentsOf(wal)) {
      const reader = new SegmentReader(nodeFileSystem, path)
      for (let record = reader.next(); record !== undefined; record = reader.next()) {
        records.push(record.slice())
        writer.log([record.slice()])
      }
      reader.close()
    }
    await writer.close()
    const [path = ''] = segmentsOf(directory)
    const reader = new SegmentReader(nodeFileSystem, path)
    for (const record of records) expect(Buffer.compare(reader.next() ?? wal0, record)).toBe(0)
    expect(reader.next()).toBeUndefined()
    reader.close()
  })

  const cases = conformanceIsAbsent ? [] : damageCases()
  it.each(cases)('$name: at least what Prometheus recovers is there', (damage) => {
    const directory = copyOfData()
    apply(directory, damage)
    const { samples } = replay(join(directory, 'wal'))
    // Samples of the head chunks that the log no longer has are not the log's to give.
    if (damage.remove === undefined) expect(samples).toBeGreaterThanOrEqual(damage.total_samples)
    expect(samples).toBeLessThanOrEqual(20_799)
    expect(replay(join(directory, 'wal')).result.corruptions).toEqual([])
  })
})

const wal0 = new Uint8Array(0)

function damageCases(): readonly DamageCase[] {
  const path = join(conformanceDirectory, 'tsdb/wal-damage.json')
  return JSON.parse(readFileSync(path, 'utf8')).cases
}

function apply(directory: string, damage: DamageCase): void {
  if (damage.remove !== undefined) rmSync(join(directory, damage.remove), { recursive: true })
  if (damage.file === undefined) return
  const path = join(directory, damage.file)
  if (damage.truncate_to !== undefined) truncateSync(path, damage.truncate_to)
  if (damage.xor_at === undefined) return
  const bytes = readFileSync(path)
  bytes[damage.xor_at] = (bytes[damage.xor_at] ?? 0) ^ (damage.xor_with ?? 0)
  writeFileSync(path, bytes)
}
