import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import type { ChunkColumns } from '../../../src/storage/querier.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { plainEncodings } from '../../../src/tsdb/head/head-encodings.ts'
import { allTime, appendTo, querierOf } from './head-reading.ts'

const labels = Labels.of({ __name__: 'm' })
const hourMs = 3_600_000
/** The beginning of a two-hour range. */
const rangeStartMs = 1_699_999_200_000

async function chunksOf(head: Head): Promise<ChunkColumns> {
  const matchers = [new Matcher('=', '__name__', 'm')]
  const set = await querierOf(head).select({ matchers, ...allTime, sorted: false })
  return set.chunks
}

async function samplesPerChunk(
  startMs: number,
  stepMs: number,
  count: number,
  aimed?: number,
): Promise<readonly number[]> {
  const plain = plainEncodings()
  const head = new Head(
    undefined,
    aimed === undefined ? plain : { ...plain, samplesPerChunk: aimed },
  )
  for (let index = 0; index < count; index++) appendTo(head, labels, startMs + index * stepMs, 1)
  const chunks = await chunksOf(head)
  expect(chunks.minTimeMs[0]).toBe(startMs)
  expect(chunks.maxTimeMs.at(-1)).toBe(startMs + (count - 1) * stepMs)
  return [...chunks.samples]
}

describe('the end of a chunk', () => {
  it('comes every 120 samples at 15 s, which divide two hours evenly', async () => {
    expect(await samplesPerChunk(rangeStartMs, 15_000, 960)).toEqual(new Array(8).fill(120))
  })

  it('comes with as many samples as the flag says, within 1 KiB', async () => {
    expect(await samplesPerChunk(rangeStartMs, 15_000, 480, 60)).toEqual(new Array(8).fill(60))
    expect(await samplesPerChunk(rangeStartMs, 15_000, 480, 480)).toEqual([480])
  })

  it('comes a little earlier or later where that leaves no stub before the range ends', async () => {
    // 62 chunks of 116.129 s each.
    expect(await samplesPerChunk(rangeStartMs, 1_000, 400)).toEqual([117, 117, 117, 49])
    // From the middle of a range: 240 samples are left, in two chunks.
    expect(await samplesPerChunk(rangeStartMs + hourMs, 15_000, 360)).toEqual([120, 120, 120])
  })

  it('comes with the two-hour range, however few samples there are', async () => {
    expect(await samplesPerChunk(rangeStartMs, 600_000, 25)).toEqual([12, 12, 1])
    expect(await samplesPerChunk(-30_000, 15_000, 4)).toEqual([4])
  })

  it('comes at 240 samples when the pace has doubled after the estimate, at the latest', async () => {
    const head = new Head()
    for (let index = 0; index < 30; index++)
      appendTo(head, labels, rangeStartMs + index * 15_000, 1)
    for (let index = 0; index < 400; index++)
      appendTo(head, labels, rangeStartMs + 450_000 + index * 100, 1)
    expect([...(await chunksOf(head)).samples]).toEqual([240, 117, 73])
  })

  it('comes before 1 KiB when values share nothing, while 240 samples are far', async () => {
    const head = new Head()
    const random = seededRandom(5)
    for (let index = 0; index < 200; index++) {
      const offsetMs = index < 31 ? index * 15_000 : 450_000 + index * 100
      appendTo(head, labels, rangeStartMs + offsetMs, (random() - 0.5) * 2 ** (random() * 1_000))
    }
    const chunks = await chunksOf(head)
    const bytes = new Uint8Array(2_048)
    const lengths = Array.from(chunks.samples, (samples, chunk) => {
      const length = chunks.read(chunk, bytes)
      expect((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)).toBe(samples)
      return length
    })
    // One sample more than 1024 - 19 bytes, as upstream.
    expect(lengths[0]).toBeGreaterThan(1_005)
    expect(lengths[0]).toBeLessThanOrEqual(1_005 + 19)
    expect(chunks.samples.length).toBe(2)
    expect(chunks.samples.reduce((sum, samples) => sum + samples, 0)).toBe(200)
  })
})
