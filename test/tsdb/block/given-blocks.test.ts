import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { goG } from '../../../src/model/float-text.ts'
import { Labels } from '../../../src/model/labels.ts'
import { labelsText } from '../../../src/model/labels-text.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { BlockQuerier } from '../../../src/tsdb/block/block-querier.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { checkFormat } from '../../../src/tsdb/block/check-format.ts'
import { blockFacts } from '../../conformance/areas/tsdb-blocks.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../../support/conformance-data.ts'
import { answerOf } from './block-answers.ts'
import { TextSymbols } from './text-symbols.ts'

const data = join(conformanceDirectory, 'tsdb')

describe.skipIf(conformanceIsAbsent)('blocks that Prometheus wrote', () => {
  it('every sample of the given blocks is read, and nothing else', async () => {
    const { dump } = JSON.parse(readFileSync(join(data, 'blocks.json'), 'utf8'))
    const lines: string[] = []
    for (const reader of givenBlocks()) lines.push(...(await dumpOf(reader)))
    expect(lines).toHaveLength(dump.lines)
    const text = lines
      .map((line) => Buffer.from(`${line}\n`))
      .sort(Buffer.compare)
      .join('')
    expect(createHash('sha256').update(text).digest('hex')).toBe(dump.sha256_of_sorted_lines)
  })

  it('their meta.json says what the given facts say', () => {
    const { blocks } = JSON.parse(readFileSync(join(data, 'blocks.json'), 'utf8'))
    expect(
      givenBlocks().map(({ meta }) => ({
        ulid: meta.ulid,
        minTime: meta.minTimeMs,
        maxTime: meta.maxTimeMs,
        numSamples: meta.stats.samples,
        numSeries: meta.stats.series,
        numChunks: meta.stats.chunks,
      })),
    ).toEqual(
      blocks.map(({ meta }: { meta: Record<string, object> }) => ({
        ulid: meta.ulid,
        minTime: meta.minTime,
        maxTime: meta.maxTime,
        ...meta.stats,
      })),
    )
  })

  it('their sizes are those that promtool lists', () => {
    const { promtool_list: list } = JSON.parse(readFileSync(join(data, 'blocks.json'), 'utf8'))
    const sizes = [...list.matchAll(/ (\d+)$/gm)].map(([, size]) => Number(size))
    expect(givenBlocks().map((reader) => reader.sizeBytes)).toEqual(sizes)
  })

  it('all their bytes pass the format check, label indices of older versions too', () => {
    for (const name of readdirSync(join(data, 'blocks'))) {
      checkFormat(nodeFileSystem, join(data, 'blocks', name))
    }
    checkFormat(nodeFileSystem, join(data, 'index_format_v1'))
  })

  it('queries over them answer what Prometheus answered', async () => {
    const results = await blockFacts(data)
    expect(results).toHaveLength(16)
    expect(results.filter(({ passed }) => !passed)).toEqual([])
  })

  it('a block with an index of version 1 is read like any other', async () => {
    const wanted = JSON.parse(readFileSync(join(data, 'index_format_v1.json'), 'utf8'))
    const reader = opened(join(data, 'index_format_v1'))
    expect(reader.index.version).toBe(1)
    expect(reader.meta.ulid).toBe(wanted.ulid)
    expect([...(await dumpOf(reader))].sort()).toEqual(wanted.dump_sorted_lines)
    const symbols = new TextSymbols()
    const querier = new BlockQuerier(reader, symbols)
    const range = { minTimeMs: 0, maxTimeMs: 1 }
    const texts = (ids: Uint32Array) => [...ids].map((id) => symbols.text(id))
    expect(texts((await querier.labelNames([], range, 0)).ids)).toEqual(['bar', 'foo'])
    const { ids, truncated } = await querier.labelValues('bar', [], range, 3)
    expect([texts(ids), truncated]).toEqual([['0', '1', '10'], true])
    const found = await answerOf(reader, [new Matcher('=~', 'bar', '9[0-2]')])
    expect(found.map(({ labels }) => labels)).toEqual([{ bar: '90' }, { bar: '91' }, { bar: '92' }])
    const foo = await answerOf(reader, [new Matcher('!=', 'foo', '')])
    expect(foo.map(({ labels }) => labels.foo)).toEqual(['bar', 'baz'])
  })
})

function givenBlocks(): readonly BlockReader[] {
  const directory = join(data, 'blocks')
  return readdirSync(directory).map((name) => opened(join(directory, name)))
}

function opened(directory: string): BlockReader {
  const reader = BlockReader.open(nodeFileSystem, directory)
  onTestFinished(() => reader.close())
  return reader
}

/** As `promtool tsdb dump` prints: labels, value, milliseconds. */
async function dumpOf(reader: BlockReader): Promise<readonly string[]> {
  const lines: string[] = []
  for (const { labels, times, values } of await answerOf(reader, [
    new Matcher('=~', 'no_such_label', '.*'),
  ])) {
    const text = labelsText(Labels.of(labels))
    const [ownTimes, ownValues] = [columnOf(times), columnOf(values)]
    ownTimes.forEach((timeMs, at) => {
      lines.push(`${text} ${goG(ownValues[at] ?? 0)} ${timeMs}`)
    })
  }
  return lines
}

function columnOf(bits: string): Float64Array {
  return new Float64Array(Uint8Array.from(Buffer.from(bits, 'hex')).buffer)
}
