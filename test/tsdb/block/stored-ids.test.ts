import { describe, expect, it, onTestFinished } from 'vitest'
import { noLooks } from '../../../src/base/looks.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { BlockQuerier } from '../../../src/tsdb/block/block-querier.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { KeptSelections } from '../../../src/tsdb/block/kept-selections.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { appendTo, querierOf } from '../head/head-reading.ts'
import { truncate } from '../head/remove-series.ts'
import { plainSeries, writeBlock } from './sample-block.ts'

describe('what a block remembers of the ids that its texts have in the head', () => {
  it('holds until the head gives them to others, for queries that begin then and for older ones', async () => {
    const directory = temporaryDirectory(onTestFinished)
    writeBlock(nodeFileSystem, directory, plainSeries(40, 6, 10))
    const reader = BlockReader.open(nodeFileSystem, directory)
    onTestFinished(() => reader.close())
    const [head, headReader, kept] = [new Head(), new HeadReader(), new KeptSelections()]
    const matchers = [new Matcher('=~', '__name__', '.+')]
    const request = { matchers, minTimeMs: 0, maxTimeMs: 2e12, sorted: false }
    const asked =
      (memory: KeptSelections | undefined, symbols = querierOf(head, headReader).symbols) =>
      async () => {
        const { labels } = await new BlockQuerier(reader, symbols, noLooks, memory).select(request)
        return [...labels.labelIds].map((id) => {
          expect(symbols.intern(symbols.text(id))).toBe(id)
          return symbols.text(id)
        })
      }
    const wanted = await asked(undefined)()
    const inBlock = [...new Set(wanted)]
    for (let round = 0; round < 6; round++) {
      // Some of the block's texts are the head's, then others are and take their ids.
      const nowMs = 10_000 * (round + 1)
      const older = [asked(kept), asked(undefined)]
      for (const [at, text] of inBlock.entries()) {
        if ((at + round) % 3 !== 0) appendTo(head, Labels.of({ n: text }), nowMs, 1)
        else appendTo(head, Labels.of({ n: `head's own ${round} ${at}` }), nowMs, 1)
      }
      for (const ask of [asked(kept), asked(undefined), ...older]) {
        expect(await ask()).toEqual(wanted)
        expect(await ask()).toEqual(wanted)
      }
      await truncate(head, nowMs + 1)
      for (const text of inBlock.slice(round)) appendTo(head, Labels.of({ o: text }), nowMs + 2, 1)
      for (const ask of [asked(kept), asked(undefined)]) expect(await ask()).toEqual(wanted)
    }
  })
})
