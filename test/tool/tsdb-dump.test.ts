import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { BlockWriter } from '../../src/tsdb/block/block-writer.ts'
import { writeMeta } from '../../src/tsdb/block/meta.ts'
import { encoding } from '../../src/tsdb/chunk/encoding.ts'
import { HistogramDecoder } from '../../src/tsdb/chunk/histogram-decoder.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { openDatabase } from '../support/open-database.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { metaOf, plainSeries, writeBlock } from '../tsdb/block/sample-block.ts'
import { histogramChunks } from '../tsdb/chunk/made-chunks.ts'
import { tsdbTool } from './tsdb-tool.ts'

const data = join(conformanceDirectory, 'tsdb')
const promtoolData = join(conformanceDirectory, 'promtool')

describe('tsdb dump', () => {
  it('prints blocks and log as one, whichever of them has a sample', async () => {
    const directory = await blocksAndLog()
    const { code, out, err } = await tsdbTool('dump', directory, '--match={instance="host-0"}')
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(
      [
        '{__name__="requests_total", instance="host-0", zone="zone-0"} 0 1700000000000',
        '{__name__="requests_total", instance="host-0", zone="zone-0"} 0.25 1700000015000',
        '{__name__="requests_total", instance="host-0", zone="zone-0"} 1e+06 1700000030000',
        '{__name__="temperature", instance="host-0"} 10 1700000000000',
        '{__name__="temperature", instance="host-0"} 10.25 1700000015000',
        '',
      ].join('\n'),
    )
  })

  it('times, labels and formats are chosen by flags', async () => {
    const directory = await blocksAndLog()
    const dump = async (...flags: readonly string[]) =>
      (await tsdbTool('dump', directory, ...flags)).out.split('\n')
    expect(await dump('--min-time=1700000015001')).toEqual([
      '{__name__="requests_total", instance="host-0", zone="zone-0"} 1e+06 1700000030000',
      '',
    ])
    expect(await dump('--max-time=1700000014999', '--match=temperature')).toEqual([
      '{__name__="temperature", instance="host-0"} 10 1700000000000',
      '',
    ])
    expect(
      await dump('--format=seriesjson', '--match=requests_total', '--match={zone!=""}'),
    ).toEqual(['{"__name__":"requests_total","instance":"host-0","zone":"zone-0"}', ''])
    expect((await tsdbTool('dump-openmetrics', directory, '--match=requests_total')).out).toBe(
      [
        'requests_total{instance="host-0",zone="zone-0"} 0 1700000000.000',
        'requests_total{instance="host-0",zone="zone-0"} 0.25 1700000015.000',
        'requests_total{instance="host-0",zone="zone-0"} 1e+06 1700000030.000',
        '# EOF',
        '',
      ].join('\n'),
    )
  })

  it('leaves out what is deleted, of blocks and of the log', async () => {
    const directory = await blocksAndLog()
    const database = await openDatabase(directory)
    const range = { minTimeMs: 1_700_000_015_000, maxTimeMs: 1_700_000_030_000 }
    await database.admin.deleteSeries([[new Matcher('=', 'instance', 'host-0')]], range)
    await database.close()
    const { out } = await tsdbTool('dump', directory, '--match={instance="host-0"}')
    expect(out.split('\n')).toEqual([
      '{__name__="requests_total", instance="host-0", zone="zone-0"} 0 1700000000000',
      '{__name__="temperature", instance="host-0"} 10 1700000000000',
      '',
    ])
  })

  it('leaves the directory as it was, though the log is damaged and somebody has the lock', async () => {
    const directory = await blocksAndLog()
    const segment = join(directory, 'wal', '00000000')
    const bytes = nodeFileSystem.readFile(segment)
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
    nodeFileSystem.writeFile(segment, bytes)
    const before = filesBelow(directory)
    expect((await tsdbTool('dump', directory)).out.split('\n')).toHaveLength(5)
    expect(filesBelow(directory)).toEqual(before)
  })

  it('a damaged block is named, and nothing is printed for it', async () => {
    const directory = await blocksAndLog()
    const [ulid = ''] = readdirSync(directory).filter((name) => name.length === 26)
    const path = join(directory, ulid, 'index')
    nodeFileSystem.truncate(path, 100)
    const { code, out, err } = await tsdbTool('dump', directory)
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^narthex: corrupted block .*: corruption in block .*, index at byte/)
  })

  describe.skipIf(conformanceIsAbsent)('over the given data', () => {
    it('prints every sample of the blocks', async () => {
      const { dump } = JSON.parse(readFileSync(join(data, 'blocks.json'), 'utf8'))
      const lines = (await tsdbTool('dump', join(data, 'blocks'))).out.trimEnd().split('\n')
      expect(lines).toHaveLength(dump.lines)
      const sorted = lines.map((line) => Buffer.from(`${line}\n`)).sort(Buffer.compare)
      const digest = createHash('sha256').update(Buffer.concat(sorted)).digest('hex')
      expect(digest).toBe(dump.sha256_of_sorted_lines)
    })

    it('prints every float of the log', async () => {
      const given = gunzipSync(readFileSync(join(data, 'wal-data.dump.gz'))).toString()
      const { out } = await tsdbTool('dump', join(data, 'wal-data'))
      const floats = out.split('\n').filter((line) => !/\} \{count:/.test(line))
      expect(floats.sort(compareUtf8)).toEqual(given.split('\n').sort(compareUtf8))
    })

    it('does what the cases of promtool ask for', async () => {
      const { cases } = JSON.parse(readFileSync(join(promtoolData, 'manifest.json'), 'utf8'))
      const dumps = cases.filter(({ command }: GivenCase) => /^tsdb dump/.test(command))
      expect(dumps.length).toBeGreaterThanOrEqual(5)
      for (const given of dumps) await checkCase(given)
    })

    it.skipIf(peersAreAbsent)('prints the very bytes of the real promtool', async () => {
      const blocks = copyOf('blocks')
      // promtool wants a log to be there.
      mkdirSync(join(blocks, 'wal'))
      const some = ['--match={job="demo"}', '--match=up', '--min-time=1700006403017']
      for (const flags of [[], ['--max-time=1700014403017', ...some]]) {
        const same = promtool('dump', blocks, ...flags)
        expect((await tsdbTool('dump', blocks, ...flags)).out === same, flags.join()).toBe(true)
      }
      const wal = copyOf('wal-data')
      const { out } = await tsdbTool('dump', wal)
      expect(withoutFirsts(out.split('\n')).join('\n') === promtool('dump', wal)).toBe(true)
      const same = promtool('dump-openmetrics', wal)
      expect((await tsdbTool('dump-openmetrics', wal)).out === same).toBe(true)
    })

    it.skipIf(peersAreAbsent)('prints histograms as the real promtool does', async () => {
      const directory = temporaryDirectory()
      writeHistograms(directory)
      mkdirSync(join(directory, 'wal'))
      const { out } = await tsdbTool('dump', directory)
      expect(out.split('\n').length).toBeGreaterThan(80)
      expect(withoutFirsts(out.split('\n'))).toEqual(promtool('dump', directory).split('\n'))
    })
  })
})

interface GivenCase {
  readonly command: string
  readonly load: string
  readonly match: readonly string[]
  readonly expected_samples: string
  readonly expected_series?: string
  readonly min_time?: number
  readonly max_time?: number
}

async function checkCase(given: GivenCase): Promise<void> {
  const directory = temporaryDirectory()
  const database = await openDatabase(directory)
  // One line per series: labels, then values a minute apart from time 0 on.
  const [, ...lines] = given.load.trimEnd().split('\n')
  for (const line of lines) {
    const [, name = '', labels = '', values = ''] = /^\t(\w+)\{(.*)\} (.*)$/.exec(line) ?? []
    const pairs = [...labels.matchAll(/(\w+)="(\w+)"/g)].map(
      ([, label = '', value = '']) => [label, value] as const,
    )
    values.split(' ').forEach((value, index) => {
      const appender = database.appender()
      const id = appender.series(Labels.of([['__name__', name], ...pairs]))
      const times = Float64Array.of(index * 60_000)
      appender.append(Uint32Array.of(id), times, Float64Array.of(Number(value)), 1)
      appender.commit()
    })
  }
  await database.close()
  const expected = (file: string) => sortedLines(readFileSync(join(promtoolData, file), 'utf8'))
  const flags = [
    ...given.match.map((match) => `--match=${match}`),
    ...(given.min_time === undefined ? [] : [`--min-time=${given.min_time}`]),
    ...(given.max_time === undefined ? [] : [`--max-time=${given.max_time}`]),
  ]
  const command = given.command.replace('tsdb ', '')
  const { out } = await tsdbTool(command, directory, ...flags)
  expect(sortedLines(out)).toEqual(expected(given.expected_samples))
  if (given.expected_series === undefined) return
  const series = await tsdbTool('dump', directory, '--format=seriesjson', ...flags)
  expect(sortedLines(series.out)).toEqual(expected(given.expected_series))
}

function sortedLines(text: string): readonly string[] {
  return text.trimEnd().split('\n').sort()
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function promtool(...parameters: readonly string[]): string {
  const options = { encoding: 'utf8', maxBuffer: 1 << 30 } as const
  return execFileSync(peer('promtool'), ['tsdb', ...parameters], options)
}

function copyOf(name: string): string {
  const copy = temporaryDirectory()
  cpSync(join(data, name), copy, { recursive: true })
  return copy
}

/** Two series in a block, and one sample that only the log has. */
async function blocksAndLog(): Promise<string> {
  const directory = temporaryDirectory()
  const temporary = join(directory, 'made')
  mkdirSync(temporary)
  const meta = writeBlock(nodeFileSystem, temporary, plainSeries(2, 1, 2))
  nodeFileSystem.rename(temporary, join(directory, meta.ulid))
  const database = await openDatabase(directory)
  const appender = database.appender()
  const id = appender.series(
    Labels.of({ __name__: 'requests_total', instance: 'host-0', zone: 'zone-0' }),
  )
  const times = Float64Array.of(1_700_000_030_000)
  appender.append(Uint32Array.of(id), times, Float64Array.of(1e6), 1)
  appender.commit()
  await database.close()
  return directory
}

function filesBelow(directory: string): readonly object[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(directory, name))
      return { name, size, mtimeMs }
    })
}

/** promtool up to 3.5 loses the first histogram of a float series, and two of an integer one. */
function withoutFirsts(lines: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return lines.filter((line) => {
    const [series = '', histogram] = line.split('} {count:')
    if (histogram === undefined) return true
    const count = (seen.get(series) ?? 0) + 1
    seen.set(series, count)
    return count > (series.includes('"float"') ? 1 : 2)
  })
}

/** A block with chunks of integer and float histograms. */
function writeHistograms(directory: string): void {
  const temporary = join(directory, 'made')
  const texts = [
    '__name__',
    'float',
    'integer',
    'n',
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(String),
  ].sort()
  const symbols = texts.map((text) => Buffer.from(text))
  const writer = new BlockWriter({ fileSystem: nodeFileSystem, directory: temporary, symbols })
  const at = (text: string) => texts.indexOf(text)
  for (const name of ['float', 'integer']) {
    const kind = name === 'float' ? encoding.floatHistogram : encoding.histogram
    for (let seed = 0; seed < 8; seed++) {
      writer.series(Uint32Array.of(at('__name__'), at(name), at('n'), at(String(seed))))
      const [chunk] = histogramChunks(kind, seed).chunks
      if (chunk === undefined) continue
      const [first = 0, last = 0] = endsOf(kind, chunk)
      writer.chunk(kind, first, last, chunk, chunk.length)
    }
  }
  const { stats } = writer.finish()
  const meta = metaOf({ stats, minTimeMs: -1_000_000, maxTimeMs: 8e12 })
  writeMeta(nodeFileSystem, temporary, meta)
  nodeFileSystem.rename(temporary, join(directory, meta.ulid))
}

/** The first and the last time of a chunk. */
function endsOf(kind: number, chunk: Uint8Array): readonly number[] {
  const decoder = new HistogramDecoder()
  decoder.open(kind, chunk)
  const times: number[] = []
  while (decoder.next()) times.push(decoder.timestampMs)
  return [Math.min(...times), Math.max(...times)]
}
