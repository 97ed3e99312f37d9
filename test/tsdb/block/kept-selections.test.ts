import { describe, expect, it, onTestFinished } from 'vitest'
import { noLooks } from '../../../src/base/looks.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import type { ChunkSeriesSet, SymbolTable } from '../../../src/storage/querier.ts'
import type { StoredTexts } from '../../../src/storage/stored-texts.ts'
import { BlockQuerier } from '../../../src/tsdb/block/block-querier.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { KeptSelections } from '../../../src/tsdb/block/kept-selections.ts'
import { KeptRows } from '../../../src/tsdb/merge/kept-rows.ts'
import { mergeRows } from '../../../src/tsdb/merge/merged-rows.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { bitsOf, Columns } from './block-answers.ts'
import { plainSeries, writeBlock } from './sample-block.ts'
import { TextSymbols } from './text-symbols.ts'

const chunkMs = 10 * 15_000
const firstMs = 1_700_000_000_000
const name = (value: string) => new Matcher('=', '__name__', value)

/** Texts of which the first ones are stored. */
class StoredSymbols extends TextSymbols {
  readonly stored: StoredTexts

  constructor(count: number, epoch = 1, clock = count) {
    super()
    this.stored = { count, epoch, clock }
  }
}

function openedBlock(): BlockReader {
  const directory = temporaryDirectory(onTestFinished)
  writeBlock(nodeFileSystem, directory, plainSeries(40, 6, 10))
  const reader = BlockReader.open(nodeFileSystem, directory)
  onTestFinished(() => reader.close())
  return reader
}

/** Labels, places of chunks, and samples, in plain values. */
function answerOf(set: ChunkSeriesSet, symbols: SymbolTable, minTimeMs: number, maxTimeMs: number) {
  const columns = new Columns()
  const { labels, chunks } = set
  return Array.from({ length: set.seriesCount }, (_, series) => {
    const ids = labels.labelIds.subarray(labels.offsets[series], labels.offsets[series + 1])
    const count = set.readFloats(series, minTimeMs, maxTimeMs, columns)
    const [from, to] = [chunks.offsets[series], chunks.offsets[series + 1]]
    return {
      labels: [...ids].map((id) => symbols.text(id)),
      chunks: [...chunks.minTimeMs.subarray(from, to)],
      times: bitsOf(columns.timestampsMs.subarray(0, count)),
      values: bitsOf(columns.values.subarray(0, count)),
    }
  })
}

describe('what selects found in a block and is kept', () => {
  it('answers every range as reading the index anew does', async () => {
    const reader = openedBlock()
    const symbols = new StoredSymbols(1_000)
    const kept = new KeptSelections()
    const sets = [[name('requests_total')], [new Matcher('=~', 'instance', '.*[13]')]]
    let series = 0
    for (const from of [3, 0, -9, 5, 7]) {
      for (const length of [0, 1, 2.5, 20, 1]) {
        for (const matchers of sets) {
          const minTimeMs = firstMs + from * chunkMs
          const maxTimeMs = minTimeMs + length * chunkMs
          const request = { matchers, minTimeMs, maxTimeMs, sorted: false }
          const [mine, wanted] = await Promise.all(
            [kept, undefined].map(async (memory) => {
              const set = await new BlockQuerier(reader, symbols, noLooks, memory).select(request)
              return answerOf(set, symbols, minTimeMs, maxTimeMs)
            }),
          )
          expect(mine).toEqual(wanted)
          series += mine?.length ?? 0
        }
      }
    }
    expect(series).toBeGreaterThan(300)
  })

  it('has the same labels while the matchers are the same, and keeps nothing of texts that are not stored', async () => {
    const reader = openedBlock()
    const kept = new KeptSelections()
    const matchers = [name('temperature')]
    const request = { matchers, minTimeMs: 0, maxTimeMs: 2e12, sorted: false }
    const labelsBy = async (symbols: SymbolTable) =>
      (await new BlockQuerier(reader, symbols, noLooks, kept).select(request)).labels
    const [few, more] = [new StoredSymbols(2), new StoredSymbols(1_000, 2)]
    const ofFew = await labelsBy(few)
    expect(await labelsBy(few)).not.toBe(ofFew)
    // The other table has other ids, of other stored texts.
    for (let text = 0; text < 50; text++) more.intern(`text ${text}`)
    const ofMore = await labelsBy(more)
    expect(await labelsBy(more)).toBe(ofMore)
    const read = (labels: typeof ofMore, symbols: SymbolTable) =>
      [...labels.labelIds].map((id) => symbols.text(id))
    expect(read(ofMore, more)).toEqual(read(ofFew, few))
    expect(read(await labelsBy(few), few)).toEqual(read(ofFew, few))
  })

  it('is nothing of a block where something is deleted', async () => {
    const reader = openedBlock()
    const kept = new KeptSelections()
    const symbols = new StoredSymbols(1_000)
    const matchers = [name('temperature')]
    const request = { matchers, minTimeMs: 0, maxTimeMs: 2e12, sorted: false }
    const select = () => new BlockQuerier(reader, symbols, noLooks, kept).select(request)
    const { seriesCount } = await select()
    const [ref = 0] = reader.index
      .postings('instance', 'host-3')
      .filter((each) => reader.index.postings('__name__', 'temperature').includes(each))
    reader.tombstones.add(ref, 0, 2e12)
    expect((await select()).seriesCount).toBe(seriesCount - 1)
    expect((await select()).labels).not.toBe((await select()).labels)
  })

  it('is merged with what others found once, and anew where one of them found something else', async () => {
    const reader = openedBlock()
    const symbols = new StoredSymbols(1_000)
    const kept = new KeptSelections()
    const select = async (matcher: Matcher) => {
      const request = { matchers: [matcher], minTimeMs: 0, maxTimeMs: 2e12, sorted: false }
      return (await new BlockQuerier(reader, symbols, noLooks, kept).select(request)).labels
    }
    const [first, second, third] = [
      await select(name('temperature')),
      await select(new Matcher('=~', 'instance', '.*[13]')),
      await select(name('requests_total')),
    ]
    const rows = new KeptRows()
    const of = (...sources: Parameters<typeof mergeRows>[0]) => rows.of(sources, symbols, noLooks)
    const merged = await of(first, second)
    expect(merged).toEqual(await mergeRows([first, second], symbols, noLooks))
    expect(await of(first, second)).toBe(merged)
    for (const others of [[third], [second, third], []]) {
      const wanted = await mergeRows([first, ...others], symbols, noLooks)
      expect(await of(first, ...others)).toEqual(wanted)
    }
  })
})
