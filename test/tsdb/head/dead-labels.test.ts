import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import type { Querier } from '../../../src/storage/querier.ts'
import { cardinalityOf } from '../../../src/tsdb/head/cardinality.ts'
import { removeDeadLabels } from '../../../src/tsdb/head/dead-labels.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadMemory } from '../../../src/tsdb/head/head-memory.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { keepTimesYoung } from '../../../src/tsdb/head/young-times.ts'
import { LabelClock } from '../../../src/tsdb/index/label-clock.ts'
import { allTime, appendTo, querierOf, selectTexts } from './head-reading.ts'
import { removeSeries, truncate } from './remove-series.ts'

/** The very object each time, as trees of queries are kept: readers know what it selected before. */
const always = [new Matcher('=', '__name__', 'm')]

async function valuesOf(querier: Querier, name: string): Promise<string[]> {
  const { ids } = await querier.labelValues(name, [], allTime, 0)
  return [...ids].map((id) => querier.symbols.text(id))
}

function labels(value: string): Labels {
  return Labels.of({ __name__: 'm', n: value })
}

describe('label texts and pairs that no series has any more', () => {
  it('leave the memory of the head as large as what is there needs, whatever came and went', async () => {
    const head = new Head()
    let after = 0
    for (let round = 0; round < 10; round++) {
      const nowMs = 1_000_000 + round * 10_000
      for (let n = 0; n < 20; n++) appendTo(head, labels(`stays ${n}`), nowMs + 1, n)
      for (let n = 0; n < 8_000; n++) {
        appendTo(head, labels(`pod-${round % 3}-${(round * 8_000 + n).toString(36)}`), nowMs, n)
      }
      await truncate(head, nowMs + 1)
      expect(head.stats()).toMatchObject({ series: 20, symbols: 23, labelPairs: 21 })
      if (round === 1) after = head.memory.columns.bytes
    }
    expect(head.memory.columns.bytes).toBe(after)
    expect(await valuesOf(querierOf(head), 'n')).toHaveLength(20)
  })

  it('are gone with their names, whose memory is given to others', async () => {
    const head = new Head()
    const sizes: number[] = []
    const symbols: number[] = []
    for (let round = 0; round < 10; round++) {
      const nowMs = 1_000_000 + round * 10_000
      appendTo(head, Labels.of({ __name__: 'm', stays: '1' }), nowMs + 1, 1)
      for (let n = 0; n < 5_000; n++) {
        appendTo(head, Labels.of({ __name__: 'm', [`name_${round}_${n}`]: 'v' }), nowMs, n)
      }
      await truncate(head, nowMs + 1)
      sizes.push(head.memory.columns.bytes)
      symbols.push(head.memory.symbols.alive)
    }
    // A segment more at most, where ten rounds of names would fill thirty.
    expect((sizes.at(-1) ?? 0) - (sizes[0] ?? 0)).toBeLessThanOrEqual(131_072)
    expect(symbols).toEqual(Array.from({ length: 10 }, () => 4))
    expect(head.memory.index.nameCount).toBe(5_002)
    const querier = querierOf(head)
    const { ids } = await querier.labelNames([], allTime, 0)
    expect([...ids].map((id) => querier.symbols.text(id))).toEqual(['__name__', 'stays'])
  })

  it('may come back under a name that ended, which a query that was open sees no more', async () => {
    const head = new Head()
    appendTo(head, Labels.of({ __name__: 'm', gone: 'v' }), 1_000, 1)
    appendTo(head, labels('lasting'), 5_000, 1)
    const unpin = head.pins.pin()
    const before = querierOf(head)
    await truncate(head, 2_000)
    appendTo(head, Labels.of({ __name__: 'm', gone: 'w' }), 6_000, 1)
    expect(await valuesOf(before, 'gone')).toEqual([])
    expect(await valuesOf(querierOf(head), 'gone')).toEqual(['w'])
    unpin()
    await truncate(head, 2_000)
    expect(await valuesOf(querierOf(head), 'gone')).toEqual(['w'])
    expect(await valuesOf(querierOf(head), 'n')).toEqual(['lasting'])
  })

  it('are given to nobody while a query is open that may have seen them', async () => {
    const head = new Head()
    appendTo(head, labels('old'), 1_000, 1)
    appendTo(head, labels('lasting'), 5_000, 1)
    const unpin = head.pins.pin()
    const before = querierOf(head)
    const id = before.symbols.intern('old')
    await truncate(head, 2_000)
    const { count } = head.memory.symbols
    appendTo(head, labels('new'), 6_000, 1)
    expect(head.memory.symbols.count).toBe(count + 1)
    expect(before.symbols.text(id)).toBe('old')
    // What it had not yet looked for has the id that others gave it before.
    expect(before.symbols.intern('old')).toBe(id)
    unpin()
    appendTo(head, labels('newer'), 6_000, 1)
    appendTo(head, labels('old'), 6_000, 1)
    expect(head.memory.symbols.count).toBe(count + 2)
    expect(await valuesOf(querierOf(head), 'n')).toEqual(['lasting', 'new', 'newer', 'old'])
  })

  it('leave numbers to others that who was told of the head before does not know', async () => {
    const head = new Head()
    appendTo(head, labels('old'), 1_000, 1)
    appendTo(head, labels('lasting'), 5_000, 1)
    await truncate(head, 2_000)
    const { symbols } = querierOf(head)
    const querier = querierOf(head)
    const { count } = head.memory.symbols
    // Of texts so long that they stand in memory that the query was not handed.
    for (const letter of 'abcde') appendTo(head, labels(letter.repeat(1_000_000)), 6_000, 1)
    expect(head.memory.symbols.count).toBeLessThan(count + 5)
    expect(symbols.intern('a'.repeat(1_000_000))).toBe(count)
    expect(symbols.intern('e'.repeat(1_000_000))).toBe(count + 1)
    expect(await valuesOf(querier, 'n')).toEqual(['lasting'])
  })

  it('are sorted anew where their ids are those of other texts', async () => {
    const head = new Head()
    const reader = new HeadReader()
    appendTo(head, labels('a'), 1_000, 1)
    appendTo(head, labels('b'), 1_000, 1)
    appendTo(head, Labels.of({ __name__: 'm' }), 9_000, 1)
    const ids = async () => (await querierOf(head, reader).labelValues('n', [], allTime, 0)).ids
    const before = [...(await ids())]
    await truncate(head, 2_000)
    // The texts take the ids that are free, in turn.
    appendTo(head, labels('z'), 9_000, 1)
    appendTo(head, labels('y'), 9_000, 1)
    expect([...(await ids())].sort()).toEqual(before.sort())
    expect(await valuesOf(querierOf(head, reader), 'n')).toEqual(['y', 'z'])
  })

  it('are counted anew by statistics that went over them while they ended', async () => {
    const head = new Head()
    for (let n = 0; n < 5_000; n++) appendTo(head, labels(`old ${n}`), 1_000, n)
    appendTo(head, Labels.of({ __name__: 'lasting' }), 9_000, 1)
    let turns = 0
    const counted = await cardinalityOf(head, 10, async () => {
      if (++turns !== 2) return
      await truncate(head, 2_000)
      for (let n = 0; n < 3_000; n++) appendTo(head, labels(`new ${n}`), 9_000, n)
    })
    expect(turns).toBeGreaterThan(2)
    expect(counted).toEqual(await cardinalityOf(head, 10, () => undefined))
    expect(counted.labelPairs).toBe(3_002)
  })

  it('are looked for anew by matchers that found no series of theirs before', async () => {
    const head = new Head()
    const reader = new HeadReader()
    const matchers = [new Matcher('=', 'n', 'comes back')]
    appendTo(head, labels('comes back'), 1_000, 1)
    appendTo(head, labels('lasting'), 9_000, 1)
    await removeSeries(head, 2_000)
    // The pair is there still, and no series is on its list.
    expect(await selectTexts(querierOf(head, reader), matchers, false)).toEqual([])
    await removeDeadLabels(head, () => undefined)
    appendTo(head, labels('another'), 9_000, 1)
    appendTo(head, labels('comes back'), 9_000, 1)
    expect(await selectTexts(querierOf(head, reader), matchers, false)).toEqual([
      '__name__ m n comes back',
    ])
  })
})

/** A query that was begun some time ago. */
interface Open {
  readonly querier: Querier
  readonly unpin: () => void
  /** Series with smaller numbers were there by then. */
  readonly births: number
  readonly ids: Map<string, number>
}

interface Known {
  readonly name: string
  readonly value: string
  readonly birth: number
  readonly newestMs: number
}

type Step =
  | { readonly kind: 'append'; readonly name: string; readonly value: string }
  | { readonly kind: 'truncate' | 'open' | 'close' | 'ask' | 'late'; readonly which: number }

const names = ['n', 'm', 'a']
const texts = ['a', 'b', 'a text longer than sixteen bytes', 'n', 'm', 'ü', ...'cdefghijkl']

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      name: fc.constantFrom(...names),
      value: fc.constantFrom(...texts),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('truncate', 'open', 'close', 'close', 'ask', 'late'),
      which: fc.nat(9),
    }),
  },
)

/** A head under churn, what it should hold, and queries that stay open across truncations. */
class World {
  readonly #clock = new SkippingClock()
  readonly #head = new Head(undefined, undefined, undefined, new HeadMemory(this.#clock))
  readonly #readers = [new HeadReader(), new HeadReader()]
  readonly #open: Open[] = []
  readonly #known = new Map<string, Known>()
  #births = 0
  #nowMs = 1_000_000
  /** Texts that queries met under an id that had been another text's. */
  reused = 0
  readonly #textOfId = new Map<number, string>()

  async take(step: Step): Promise<void> {
    this.#nowMs += 1_000
    if (step.kind === 'append') this.#append(step)
    else if (step.kind === 'truncate') await this.#truncate(this.#nowMs - step.which * 1_000)
    else if (step.kind === 'open') this.#begin(step.which)
    else if (step.kind === 'close') this.#open.splice(step.which % 4, 1)[0]?.unpin()
    else if (step.kind === 'late') this.#growOld()
    else for (const query of this.#open) await this.#check(query)
  }

  /** As if so much had happened that times are near the end of their bits. */
  #growOld(): void {
    this.#clock.isLate = true
    keepTimesYoung(this.#head)
  }

  /** How often times began anew. */
  get timesAnew(): number {
    return this.#clock.timesAnew
  }

  #append({ name, value }: Pick<Known, 'name' | 'value'>): void {
    appendTo(this.#head, Labels.of({ __name__: 'm', [name]: value }), this.#nowMs, 1)
    const key = `__name__ m ${name} ${value}`
    const birth = this.#known.get(key)?.birth ?? this.#births++
    this.#known.set(key, { name, value, birth, newestMs: this.#nowMs })
  }

  async #truncate(fromMs: number): Promise<void> {
    await truncate(this.#head, fromMs)
    for (const [key, { newestMs }] of this.#known) if (newestMs < fromMs) this.#known.delete(key)
  }

  #begin(which: number): void {
    if (this.#open.length === 4) return
    const unpin = this.#head.pins.pin()
    const querier = querierOf(this.#head, this.#readers[which % 2])
    this.#open.push({ querier, unpin, births: this.#births, ids: new Map() })
  }

  /** It sees what was there when it began and is there still; a text has one id, an id one text. */
  async #check({ querier, births, ids }: Open): Promise<void> {
    const { symbols } = querier
    const seen = [...this.#known].filter(([, { birth }]) => birth < births)
    const found = await selectTexts(querier, always, false)
    expect(found.sort()).toEqual(seen.map(([key]) => key).sort())
    const { labels } = await querier.select({ matchers: always, ...allTime, sorted: true })
    const met = new Set(labels.labelIds)
    const { ids: nameIds } = await querier.labelNames([], allTime, 0)
    const listed = [...nameIds].map((id) => symbols.text(id))
    expect(listed).toEqual([...new Set(listed)].sort(byBytes))
    expect(listed).toEqual(expect.arrayContaining(namesOf(seen)))
    // Series that came later may have a pair that was there before.
    expect(namesOf([...this.#known])).toEqual(expect.arrayContaining(listed))
    for (const name of names) {
      const wanted = seen.filter(([, known]) => known.name === name)
      const list = await querier.labelValues(name, [], allTime, 0)
      expect([...list.ids].map((id) => symbols.text(id))).toEqual(
        wanted.map(([, { value }]) => value).sort(byBytes),
      )
      for (const id of list.ids) met.add(id)
    }
    for (const id of met) this.#count(id, symbols.text(id))
    for (const text of [...texts, ...[...met].map((id) => symbols.text(id))]) {
      const id = symbols.intern(text)
      expect(symbols.text(id)).toBe(text)
      expect(ids.get(text) ?? id).toBe(id)
      ids.set(text, id)
    }
    const own = new Map([...ids].map(([text, id]) => [id, text]))
    expect(own.size).toBe(ids.size)
    for (const id of met) expect(own.get(id)).toBe(symbols.text(id))
    // Where a text stands now, not as the query remembers it.
    for (const [text, id] of ids) {
      const { bytes, start, end } = symbols.place(id)
      expect(Buffer.from(bytes.subarray(start, end)).toString()).toBe(text)
    }
  }

  #count(id: number, text: string): void {
    if ((this.#textOfId.get(id) ?? text) !== text) this.reused++
    this.#textOfId.set(id, text)
  }
}

/** Of series, in order. */
function namesOf(seen: readonly (readonly [string, Known])[]): string[] {
  const own = seen.map(([, { name }]) => name)
  return seen.length === 0 ? [] : [...new Set(['__name__', ...own])].sort(byBytes)
}

/** Is late as soon as it is told to be, until times begin anew. */
class SkippingClock extends LabelClock {
  timesAnew = 0
  #isLate = false

  override get isLate(): boolean {
    return this.#isLate
  }

  override set isLate(isLate: boolean) {
    this.#isLate = isLate
  }

  override beginAnew(): void {
    super.beginAnew()
    this.timesAnew++
    this.#isLate = false
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

describe('queries that stay open while labels end and their numbers are given to others', () => {
  it('see what was there when they began, each text under one id', async () => {
    let reused = 0
    let timesAnew = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 100, maxLength: 250, size: 'max' }),
        async (all) => {
          const world = new World()
          for (const step of all) await world.take(step)
          reused += world.reused
          timesAnew += world.timesAnew
        },
      ),
      { numRuns: 60 },
    )
    expect(reused).toBeGreaterThan(100)
    expect(timesAnew).toBeGreaterThan(100)
  })
})
