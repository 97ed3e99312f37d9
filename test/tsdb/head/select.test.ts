import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import type { LabelList } from '../../../src/storage/querier.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { allTime, appendTo, querierOf, selectTexts } from './head-reading.ts'

const names = ['a', 'b', 'c', '\uffff', '\u{10000}']
const values = ['', 'x', 'y', 'xy', 'z\n', '\uffff', '\u{1f600}']
const labelSet = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)), { maxLength: 5 })
  .map((pairs) => Labels.of([['__name__', 'm'], ...pairs]))
const matcher = fc
  .tuple(
    fc.constantFrom('=', '!=', '=~', '!~'),
    fc.constantFrom(...names, 'never'),
    fc.constantFrom('', 'x', 'y', 'x|y', 'x.*', '.*', '.+', 'x?', 'x|', '[xy]+', 'q'),
  )
  .map(([op, name, value]) => new Matcher(op, name, value))
const always = new Matcher('=', '__name__', 'm')

function textOf(labels: Labels): string {
  return [...labels.entries()].flat().join(' ')
}

describe('selecting series', () => {
  it('finds those and only those whose labels satisfy every matcher, sorted by bytes', async () => {
    const sets = fc.array(labelSet, { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(sets, fc.array(matcher, { maxLength: 3 }), async (all, matchers) => {
        const head = new Head()
        const distinct = [...new Map(all.map((labels) => [labels.key(), labels])).values()]
        for (const labels of distinct) appendTo(head, labels, 1_000, 1)
        const expected = distinct
          .filter((labels) => matchers.every((each) => each.matches(labels.get(each.name))))
          .sort((a, b) => a.compare(b))
          .map(textOf)
        const querier = querierOf(head)
        expect(await selectTexts(querier, [...matchers, always], true)).toEqual(expected)
        const unsorted = await selectTexts(querier, [always, ...matchers], false)
        expect(unsorted.sort()).toEqual([...expected].sort())
      }),
      { numRuns: 300 },
    )
  })

  it('finds what was there when the query began, though a later one selected the same before', async () => {
    const head = new Head()
    const reader = new HeadReader()
    const matchers = [always]
    appendTo(head, Labels.of({ __name__: 'm', n: 'first' }), 1_000, 1)
    const earlier = querierOf(head, reader)
    const own = earlier.symbols.intern('of the query')
    appendTo(head, Labels.of({ __name__: 'm', n: 'second' }), 1_000, 1)
    const later = querierOf(head, reader)
    expect(await selectTexts(later, matchers, true)).toEqual([
      '__name__ m n first',
      '__name__ m n second',
    ])
    expect(await selectTexts(earlier, matchers, true)).toEqual(['__name__ m n first'])
    expect(earlier.symbols.text(own)).toBe('of the query')
  })

  it('lists names and values by bytes, of the series that match, up to a limit', async () => {
    const head = new Head()
    for (const name of ['\uffff', '\u{10000}', 'a']) {
      appendTo(head, Labels.of({ __name__: 'm', [name]: name, n: 'v' }), 1_000, 1)
    }
    appendTo(head, Labels.of({ __name__: 'other', n: 'w' }), 5_000, 1)
    const querier = querierOf(head)
    const range = { minTimeMs: 0, maxTimeMs: 10_000 }
    const list = (names: readonly string[], truncated = false) => ({ names, truncated })
    const textsOf = async (asked: Promise<LabelList>) => {
      const { ids, truncated } = await asked
      return { names: [...ids].map((id) => querier.symbols.text(id)), truncated }
    }
    const all = ['__name__', 'a', 'n', '\uffff', '\u{10000}']
    expect(await textsOf(querier.labelNames([], range, 0))).toEqual(list(all))
    expect(await textsOf(querier.labelNames([], range, 2))).toEqual(list(['__name__', 'a'], true))
    const other = [new Matcher('=', '__name__', 'other')]
    expect(await textsOf(querier.labelNames(other, range, 0))).toEqual(list(['__name__', 'n']))
    expect(await textsOf(querier.labelValues('n', [], range, 0))).toEqual(list(['v', 'w']))
    expect(await textsOf(querier.labelValues('n', [always], range, 0))).toEqual(list(['v']))
    expect(await textsOf(querier.labelValues('absent', [], range, 0))).toEqual(list([]))
    const later = { minTimeMs: 2_000, maxTimeMs: 10_000 }
    // As upstream: what there is in a source that meets the range is not looked at closer.
    const any = [new Matcher('!=', '__name__', '')]
    expect(await textsOf(querier.labelValues('n', any, later, 0))).toEqual(list(['v', 'w']))
    const never = { minTimeMs: 6_000, maxTimeMs: 10_000 }
    expect(await textsOf(querier.labelValues('n', any, never, 0))).toEqual(list([]))
  })

  it('lists the values of just the series that match, however many those are', async () => {
    const head = new Head()
    const sets = Array.from({ length: 4_000 }, (_, index) =>
      Labels.of({
        __name__: 'm',
        shard: `${index % 7}`,
        zone: `zone-${index % 5}`,
        ...(index % 3 === 0 && { odd: `${index % 11}` }),
        path: `/p/${index % 1_000}`,
      }),
    )
    for (const labels of sets) appendTo(head, labels, 1_000, 1)
    const querier = querierOf(head)
    const cases: readonly (readonly Matcher[])[] = [
      [new Matcher('=~', 'zone', 'zone-[1-3]')],
      [new Matcher('=~', 'shard', '.+'), new Matcher('!=', 'zone', 'zone-2')],
      [new Matcher('!~', 'odd', '.+')],
      [new Matcher('=', 'odd', '')],
      [new Matcher('=', 'zone', 'zone-4'), new Matcher('=~', 'path', '/p/9.4')],
      [new Matcher('=', 'path', '/p/17')],
      [new Matcher('=~', 'zone', 'none.*')],
      [new Matcher('!=', 'absent', 'x'), always],
      [new Matcher('=', 'absent', 'x')],
    ]
    for (const matchers of cases) {
      const matching = sets.filter((labels) =>
        matchers.every((each) => each.matches(labels.get(each.name))),
      )
      for (const name of ['shard', 'zone', 'odd', 'path', 'absent']) {
        const wanted = new Set(matching.map((labels) => labels.get(name)))
        wanted.delete('')
        const { ids } = await querier.labelValues(name, matchers, allTime, 0)
        const found = [...ids].map((id) => querier.symbols.text(id))
        expect(found, `${name} where ${matchers.join()}`).toEqual([...wanted].sort())
      }
    }
  })

  it('lists all values of a label each time, also those that came or went since the last', async () => {
    const head = new Head()
    const reader = new HeadReader()
    const valuesNow = async (limit = 0) => {
      const querier = querierOf(head, reader)
      const { ids } = await querier.labelValues('v', [], allTime, limit)
      return [...ids].map((id) => querier.symbols.text(id)).join()
    }
    expect(await valuesNow()).toBe('')
    for (const v of ['b', 'd', 'c']) appendTo(head, Labels.of({ __name__: 'm', v }), 1_000, 1)
    expect([await valuesNow(), await valuesNow(), await valuesNow(2)]).toEqual([
      'b,c,d',
      'b,c,d',
      'b,c',
    ])
    appendTo(head, Labels.of({ __name__: 'm', v: 'a' }), 1_000, 1)
    appendTo(head, Labels.of({ __name__: 'm', w: 'other' }), 1_000, 1)
    expect([await valuesNow(), await valuesNow()]).toEqual(['a,b,c,d', 'a,b,c,d'])
  })

  it('finds the same again, and what has come since, with whatever matchers', async () => {
    const rounds = fc.array(fc.array(labelSet, { maxLength: 8 }), { minLength: 2, maxLength: 6 })
    const asked = fc.array(fc.array(matcher, { maxLength: 3 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(rounds, asked, async (births, questions) => {
        const head = new Head()
        const reader = new HeadReader()
        const direct = new Matcher('=', 'a', 'x')
        const known = questions.map((matchers) => [always, direct, ...matchers])
        for (const born of births) {
          for (const labels of born) appendTo(head, labels, 1_000, 1)
          for (const matchers of known) {
            const again = await selectTexts(querierOf(head, reader), matchers, true)
            const anew = await selectTexts(querierOf(head), matchers, true)
            expect(again, matchers.join()).toEqual(anew)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('hands out the same labels while only series of others come onto its lists', async () => {
    const head = new Head()
    const reader = new HeadReader()
    const matchers = [always, new Matcher('=', 'job', 'j'), new Matcher('!=', 'i', '2')]
    const labelsNow = async () => {
      const set = await querierOf(head, reader).select({ matchers, ...allTime, sorted: false })
      return set.labels
    }
    const add = (name: string, i: string) =>
      appendTo(head, Labels.of({ __name__: name, job: 'j', i }), 1_000, 1)
    for (const i of ['0', '1', '2']) add('m', i)
    const before = await labelsNow()
    add('other', '3')
    add('m', '2')
    expect(await labelsNow()).toBe(before)
    expect(await labelsNow()).toBe(before)
    add('m', '4')
    expect(await labelsNow()).not.toBe(before)
    expect((await labelsNow()).offsets.length).toBe(4)
  })

  it('finds a series that a query of before could not see yet', async () => {
    const head = new Head()
    const reader = new HeadReader()
    const matchers = [new Matcher('=', 'job', 'j'), always]
    const add = (i: number) =>
      appendTo(head, Labels.of({ __name__: 'm', job: 'j', i: `${i}` }), 1_000, 1)
    add(0)
    expect(await selectTexts(querierOf(head, reader), matchers, true)).toHaveLength(1)
    const early = querierOf(head, reader)
    add(1)
    expect(await selectTexts(early, matchers, true)).toHaveLength(1)
    expect(await selectTexts(querierOf(head, reader), matchers, true)).toHaveLength(2)
  })

  it('leaves out series without samples in the range', async () => {
    const head = new Head()
    for (const [name, timestampMs] of Object.entries({ old: 1_000, now: 5_000, next: 9_000 }))
      appendTo(head, Labels.of({ __name__: 'm', name }), timestampMs, 1)
    head.series(Labels.of({ __name__: 'm', name: 'empty' }))
    const range = { minTimeMs: 2_000, maxTimeMs: 6_000 }
    const found = await selectTexts(querierOf(head), [always], true, range)
    expect(found).toEqual(['__name__ m name now'])
  })

  it('sees the series of its own moment, however many came after', async () => {
    const head = new Head()
    appendTo(head, Labels.of({ __name__: 'm', i: 'first' }), 1_000, 1)
    const querier = querierOf(head, new HeadReader())
    for (let index = 0; index < 20_000; index++)
      appendTo(head, Labels.of({ __name__: 'm', i: `${index}`, [`name${index}`]: 'v' }), 1_000, 1)
    expect(await selectTexts(querier, [always], true)).toEqual(['__name__ m i first'])
    expect(await selectTexts(querier, [new Matcher('=', 'i', '19999')], true)).toEqual([])
    expect(await selectTexts(querier, [new Matcher('=', 'name7', 'v')], true)).toEqual([])
    const { ids } = await querier.labelNames([], { minTimeMs: 0, maxTimeMs: 2_000 }, 0)
    expect([...ids].map((id) => querier.symbols.text(id))).toEqual(['__name__', 'i'])
  })
})
