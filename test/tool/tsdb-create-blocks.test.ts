import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { goG } from '../../src/model/float-text.ts'
import { blockDurationMs } from '../../src/tool/tsdb-create-blocks.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type ToolAnswer, tsdbTool } from './tsdb-tool.ts'

describe('tsdb create-blocks-from openmetrics', () => {
  it('prints a line for each block, with the header once', async () => {
    const { code, out, err } = (await blocksOf('a{b="c"} 1 0\na{b="c"} 2 7200\n# EOF\n')).answer
    expect([code, err]).toEqual([0, ''])
    const lines = out.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^BLOCK ULID {18}MIN TIME/)
    expect(lines[1]).toMatch(/^\w{26} {2}0 {12}1 {12}1ms {10}1 {12}1 {12}1 /)
    expect(lines[2]).toMatch(/^\w{26} {2}7200000 {6}7200001 {6}1ms/)
  })

  it('with -q it prints nothing', async () => {
    const { answer } = await blocksOf('a 1 0\n# EOF\n', '-q')
    expect(answer).toEqual({ code: 0, out: '', err: '' })
  })

  it('samples of a series that come late are sorted in; of two with one time the first stays', async () => {
    const page = 'a 1 5\na 2 3\na 3 4\na 4 3\n# EOF\n'
    const { answer, directory } = await blocksOf(page)
    expect(answer.err).toBe(
      'narthex: 1 samples left out: their series have another one of that time\n',
    )
    expect((await tsdbTool('dump', directory)).out).toBe(
      '{__name__="a"} 2 3000\n{__name__="a"} 3 4000\n{__name__="a"} 1 5000\n',
    )
  })

  it('one series written in two ways is one series', async () => {
    const page = 'a{b="1",c="2"} 1 1\na{c="2",b="1"} 2 2\n# EOF\n'
    const { directory } = await blocksOf(page, '--label=d=3')
    expect((await tsdbTool('dump-openmetrics', directory)).out).toBe(
      'a{b="1",c="2",d="3"} 1 1.000\na{b="1",c="2",d="3"} 2 2.000\n# EOF\n',
    )
  })

  it.each([
    ['a 1\n# EOF\n', 'getting samples: expected timestamp for series got none'],
    [
      'a 1 1\na 2 8640000000000.002\n# EOF\n',
      'getting samples: timestamp 8640000000000.002 s is out of bounds, limit 8640000000000 s',
    ],
    [
      'a 1 -1e300\n# EOF\n',
      'getting samples: timestamp -1e+300 s is out of bounds, limit 8640000000000 s',
    ],
    ['a 1 1\n', 'getting samples: line 1: data does not end with # EOF'],
    ['a{b="1",b="2"} 1 1\n# EOF\n', 'getting samples: label name "b" is not unique'],
  ])('%j makes no block: %s', async (page, words) => {
    const { answer, directory } = await blocksOf(page)
    expect(answer).toEqual({ code: 1, out: '', err: `narthex: ${words}\n` })
    expect(readdirSync(join(directory, '..'))).toEqual(['in'])
  })

  it('a missing file is told', async () => {
    const answer = await tsdbTool('create-blocks-from', 'openmetrics', '/nowhere/in', '/nowhere')
    expect([answer.code, answer.out]).toEqual([1, ''])
    expect(answer.err).toContain('ENOENT')
  })

  it.each([
    [0, 2],
    [5, 2],
    [6, 6],
    [100, 54],
    [1e9, 2 * 3 ** 9],
  ])('blocks of at most %i hours span %i', (most, hours) => {
    expect(blockDurationMs(most * 3_600_000)).toBe(hours * 3_600_000)
  })

  describe.skipIf(conformanceIsAbsent)('over the given cases', () => {
    it.each(givenCases())('$name', async (given) => {
      const labels = Object.entries(given.labels ?? {}).map(([name, value]) => `${name}=${value}`)
      const { answer, directory } = await blocksOf(
        given.openmetrics,
        ...labels.map((label) => `--label=${label}`),
        ...(given.max_block_duration_ms === undefined
          ? []
          : [`--max-block-duration=${given.max_block_duration_ms}ms`]),
      )
      expect(answer.code).toBe(given.ok ? 0 : 1)
      if (given.expected === undefined) return
      const blocks = answer.out.split('\n').slice(1, -1)
      expect(blocks).toHaveLength(given.expected.blocks)
      const printed = (await tsdbTool('dump', directory)).out.split('\n').slice(0, -1)
      expect(printed.sort()).toEqual(given.expected.samples.map(lineOf).sort())
      for (const line of blocks) {
        const [, min = '', max = ''] = line.split(/ +/)
        const { block_duration_ms: durationMs } = given.expected
        const start = Math.floor(Number(min) / durationMs)
        expect(Math.floor((Number(max) - 1) / durationMs)).toBe(start)
      }
    })

    it.skipIf(peersAreAbsent)('makes what the real promtool makes', async () => {
      const given = join(conformanceDirectory, 'tsdb', 'blocks.openmetrics.gz')
      const page = gunzipSync(readFileSync(given)).toString('utf8')
      const { answer, directory } = await blocksOf(page)
      const theirs = join(directory, '..', 'theirs')
      mkdirSync(join(theirs, 'wal'), { recursive: true })
      const input = join(directory, '..', 'in')
      const list = promtool('create-blocks-from', 'openmetrics', input, theirs)
      // Names differ, and sizes, since 3.5 wrote other indexes than 3.14.
      const numbers = (text: string) => text.split('\n').map((line) => line.slice(28, 105))
      expect(numbers(answer.out)).toEqual(numbers(list))
      mkdirSync(join(directory, 'wal'))
      expect(promtool('dump', directory) === promtool('dump', theirs)).toBe(true)
    })
  })
})

interface GivenCase {
  readonly name: string
  readonly openmetrics: string
  readonly ok: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly max_block_duration_ms?: number
  readonly expected?: {
    readonly blocks: number
    readonly block_duration_ms: number
    readonly samples: readonly GivenSample[]
  }
}

interface GivenSample {
  readonly timestamp_ms: number
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

function givenCases(): readonly GivenCase[] {
  if (conformanceIsAbsent) return []
  const path = join(conformanceDirectory, 'promtool', 'backfill.json')
  return JSON.parse(readFileSync(path, 'utf8')).cases
}

function lineOf({ labels, value, timestamp_ms }: GivenSample): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = pairs.map(([name, text]) => `${name}=${JSON.stringify(text)}`).join(', ')
  return `{${text}} ${goG(value)} ${timestamp_ms}`
}

async function blocksOf(
  page: string,
  ...flags: readonly string[]
): Promise<{ readonly answer: ToolAnswer; readonly directory: string }> {
  const parent = temporaryDirectory()
  writeFileSync(join(parent, 'in'), page)
  const directory = join(parent, 'out')
  const files = [join(parent, 'in'), directory]
  return {
    answer: await tsdbTool('create-blocks-from', 'openmetrics', ...flags, ...files),
    directory,
  }
}

function promtool(...parameters: readonly string[]): string {
  const options = { encoding: 'utf8', maxBuffer: 1 << 30 } as const
  return execFileSync(peer('promtool'), ['tsdb', ...parameters], options)
}
