import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher, type MatchOp } from '../../../src/model/matcher.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { checkFormat } from '../../../src/tsdb/block/check-format.ts'
import { Tombstones, writeTombstones } from '../../../src/tsdb/block/tombstones.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { type AnsweredSeries, answerOf, bitsOf } from './block-answers.ts'
import { type PlainSeries, writeBlock } from './sample-block.ts'

const block = '/data/block'
const runs = Number(process.env.NARTHEX_RUNS ?? 60)

const text = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'ä', '日本', '\u{1f600}', '\uffee', 'x'.repeat(200)),
  fc.string({ minLength: 1, maxLength: 3 }),
)
const labels = fc
  .dictionary(fc.constantFrom('a', 'b', '__name__', 'zone', 'ü', '__proto__'), text, { minKeys: 1 })
  .map((entries) => Labels.of(Object.entries(entries)))
/** Chunks of samples that ascend through all of them; values of any bits. */
const chunks = fc
  .array(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.double()), {
      minLength: 1,
      maxLength: 8,
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => {
    let timeMs = -50_000
    return all.map((samples) =>
      Float64Array.from(
        samples.flatMap(([stepMs, value]) => {
          timeMs += stepMs
          return [timeMs, value]
        }),
      ),
    )
  })
const series = fc.uniqueArray(fc.record({ labels, chunks }), {
  selector: (one) => one.labels.key(),
  minLength: 1,
  maxLength: 120,
})
const matcher = fc
  .tuple(
    fc.constantFrom<MatchOp>('=', '!=', '=~', '!~'),
    fc.constantFrom('a', 'b', '__name__', 'zone', 'ü', 'absent'),
    fc.constantFrom('', 'a', 'b', 'a|b', 'a.*', '.+', '.*', '日本', '[a-c]'),
  )
  .map(([op, name, value]) => new Matcher(op, name, value))

describe('a block of any series', () => {
  it('answers what a plain list of them answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        series,
        fc.array(matcher, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: -60_000, max: 300_000 }),
        fc.integer({ min: 0, max: 300_000 }),
        async (all, matchers, minTimeMs, lengthMs) => {
          const disk = new SimFileSystem()
          writeBlock(disk, block, all)
          const reader = BlockReader.open(disk, block)
          const range = [minTimeMs, minTimeMs + lengthMs] as const
          expect(await answerOf(reader, matchers, ...range)).toEqual(plain(all, matchers, ...range))
          checkFormat(disk, block)
        },
      ),
      { numRuns: runs },
    )
  })

  it('lists of series are those that have the pair', () => {
    fc.assert(
      fc.property(series, (all) => {
        const disk = new SimFileSystem()
        writeBlock(disk, block, all)
        const { index } = BlockReader.open(disk, block)
        const sorted = [...all].sort((a, b) => a.labels.compare(b.labels))
        const refs = [...index.all()]
        expect(refs).toHaveLength(all.length)
        expect([...refs].sort((a, b) => a - b)).toEqual(refs)
        for (const [name, value] of all.flatMap((one) => [...one.labels.entries()])) {
          const wanted = refs.filter((_, at) => sorted[at]?.labels.get(name) === value)
          expect([...index.postings(name, value)]).toEqual(wanted)
          expect(index.count(name, value)).toBe(wanted.length)
        }
        expect([...index.postings('a', 'not there')]).toEqual([])
      }),
      { numRuns: runs },
    )
  })

  it('what is deleted is answered no more, and series without anything left are left out', async () => {
    const interval = fc.tuple(
      fc.nat(),
      fc.integer({ min: -60_000, max: 300_000 }),
      fc.integer({ min: 0, max: 200_000 }),
    )
    await fc.assert(
      fc.asyncProperty(series, fc.array(interval, { maxLength: 12 }), async (all, deleted) => {
        const disk = new SimFileSystem()
        writeBlock(disk, block, all)
        const refs = BlockReader.open(disk, block).index.all()
        const tombstones = new Tombstones()
        const isDeleted = (at: number, timeMs: number) =>
          deleted.some(
            ([one, min, length]) =>
              one % refs.length === at && min <= timeMs && timeMs <= min + length,
          )
        for (const [one, min, length] of deleted) {
          tombstones.add(refs[one % refs.length] ?? 0, min, min + length)
        }
        disk.remove(`${block}/narthex.seal`)
        writeTombstones(disk, block, tombstones)
        const reader = BlockReader.open(disk, block)
        expect(reader.tombstones.count).toBe(tombstones.count)
        const found = await answerOf(reader, [new Matcher('=', 'absent', '')])
        const wanted = [...all]
          .sort((a, b) => a.labels.compare(b.labels))
          .map((one, at) => without(one, (timeMs) => isDeleted(at, timeMs)))
        expect(found.filter(({ times }) => times !== '')).toEqual(
          plain(wanted, []).filter(({ times }) => times !== ''),
        )
      }),
      { numRuns: runs },
    )
  })
})

function plain(
  all: readonly PlainSeries[],
  matchers: readonly Matcher[],
  minTimeMs = Number.MIN_SAFE_INTEGER,
  maxTimeMs = Number.MAX_SAFE_INTEGER,
): readonly AnsweredSeries[] {
  return [...all]
    .sort((a, b) => a.labels.compare(b.labels))
    .filter((one) => matchers.every((each) => each.matches(one.labels.get(each.name))))
    .filter((one) =>
      one.chunks.some((chunk) => (chunk.at(-2) ?? 0) >= minTimeMs && (chunk[0] ?? 0) <= maxTimeMs),
    )
    .map((one) => {
      const kept = without(one, (timeMs) => timeMs < minTimeMs || timeMs > maxTimeMs)
      const samples = Float64Array.from(kept.chunks.flatMap((chunk) => [...chunk]))
      return {
        labels: one.labels.toObject(),
        times: bitsOf(samples.filter((_, at) => at % 2 === 0)),
        values: bitsOf(samples.filter((_, at) => at % 2 === 1)),
      }
    })
}

function without(one: PlainSeries, isGone: (timeMs: number) => boolean): PlainSeries {
  const chunks = one.chunks.map((chunk) =>
    chunk.filter((_, at) => !isGone(chunk[at - (at % 2)] ?? 0)),
  )
  return { labels: one.labels, chunks }
}
