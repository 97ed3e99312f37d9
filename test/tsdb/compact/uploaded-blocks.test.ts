import { expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import type { BlockMeta } from '../../../src/tsdb/block/meta.ts'
import { UploadedBlocks } from '../../../src/tsdb/compact/uploaded-blocks.ts'
import { FlushDelay } from '../../../src/tsdb/flush-delay.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'

function meta(ulid: string, level = 1): BlockMeta {
  const stats = {
    samples: 1,
    floatSamples: 1,
    histogramSamples: 0,
    series: 1,
    chunks: 1,
    tombstones: 0,
  }
  const compaction = {
    level,
    sources: [ulid],
    deletable: false,
    parents: [],
    failed: false,
    hints: [],
  }
  return { ulid, minTimeMs: 0, maxTimeMs: 1, stats, compaction, version: 1, foreign: {} }
}

it('blocks that a file does not name as uploaded are pending, but for larger ones; it is read again after a minute', async () => {
  const fileSystem = new SimFileSystem()
  const clock = new SimClock(0)
  const warnings: unknown[] = []
  const logger = {
    ...silentLogger,
    warn: (_: string, fields?: object) => void warnings.push(fields),
  }
  const uploaded = new UploadedBlocks({ fileSystem, clock, logger, path: '/shipper.json' })
  const say = (text: string) =>
    fileSystem.writeFile('/shipper.json', new TextEncoder().encode(text))
  expect(uploaded.isPending(meta('a'))).toBe(false)
  say('{"uploaded": ["a"')
  expect(uploaded.isPending(meta('a'))).toBe(false)
  say('{"uploaded": "a"}')
  expect(uploaded.isPending(meta('a'))).toBe(false)
  expect(warnings).toHaveLength(3)
  say('{"version": 1, "uploaded": ["a"]}')
  expect(['a', 'b'].map((ulid) => uploaded.isPending(meta(ulid)))).toEqual([false, true])
  expect(uploaded.isPending(meta('b', 2))).toBe(false)
  say('{"uploaded": null}')
  await clock.advance(59_000)
  expect(uploaded.isPending(meta('a'))).toBe(false)
  await clock.advance(1_000)
  expect(uploaded.isPending(meta('a'))).toBe(true)
})

it('a flush that is put off counts from when the head was first ready, and anew after each', () => {
  const delay = new FlushDelay(100)
  expect([delay.isOver(false, 0), delay.isOver(true, 50), delay.isOver(true, 149)]).toEqual([
    false,
    false,
    false,
  ])
  expect([delay.isOver(true, 150), delay.isOver(true, 400)]).toEqual([true, true])
  expect([delay.isOver(false, 401), delay.isOver(true, 402), delay.isOver(true, 502)]).toEqual([
    false,
    false,
    true,
  ])
  expect(new FlushDelay(0).isOver(true, 0)).toBe(true)
})
