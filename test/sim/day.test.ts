import { describe, expect, it } from 'vitest'
import { Matcher } from '../../src/model/matcher.ts'
import { allTime } from '../support/local-querier.ts'
import { BlockPlan, type Span } from './day-model.ts'
import { type DayOptions, DayWorld, hourMs, scrapeMs } from './day-world.ts'
import type { SimFileSystem } from './sim-file-system.ts'

/** Another seed: SEED; the soak goes through many. */
const isWhole = process.env.NARTHEX_SOAK !== undefined
const firstSeed = Number(process.env.SEED ?? 1)
const seeds = Array.from({ length: isWhole ? 40 : 2 }, (_, index) => firstSeed + index)

const stepMs = 5 * 60_000
const dayMs = 24 * hourMs
const startMs = Math.ceil(1_700_000_000_000 / (18 * hourMs)) * 18 * hourMs

/** Blocks of 2, 6 and 18 hours, and most of a day kept; or of 2 and 6, and half of it kept. */
function optionsOf(seed: number): DayOptions {
  return seed % 2 === 0
    ? {
        seed,
        startMs,
        rangesMs: [2, 6, 18].map((hours) => hours * hourMs),
        retentionMs: 20 * hourMs,
      }
    : { seed, startMs, rangesMs: [2, 6].map((hours) => hours * hourMs), retentionMs: 11 * hourMs }
}

/** One simulated day: what happens at each step is decided by the seed. */
class Day {
  readonly world: DayWorld
  readonly plan: BlockPlan
  readonly counts = { kills: 0, powerCuts: 0, restarts: 0, deletes: 0, deleted: 0, cleanings: 0 }
  readonly peak = { head: 0, blocks: 0 }
  /** The disk when the process died. */
  #death: SimFileSystem | undefined
  /** Operations until the process dies; none while somebody waits for an answer. */
  #operationsLeft = Number.POSITIVE_INFINITY
  #isAnswering = false

  constructor(options: DayOptions, seriesCount: number) {
    this.world = new DayWorld(options, seriesCount)
    this.plan = new BlockPlan(startMs, options.rangesMs, options.retentionMs, (timeMs) =>
      this.world.model.firstAtOrAfter(timeMs),
    )
  }

  /** Five minutes with whatever the seed has for them. */
  async step(): Promise<void> {
    const event = this.world.random()
    if (event < 0.12) this.#dieSoon()
    await this.scrapes()
    if (event < 0.12) await this.#dieAndLiveOn()
    else if (event < 0.16) await this.#restart()
    else if (event < 0.26) await this.#delete()
    else if (event < 0.29) await this.#clean()
    await this.settle()
    await this.check()
  }

  async scrapes(): Promise<void> {
    const { world } = this
    for (let scrape = 0; scrape < stepMs / scrapeMs && this.#death === undefined; scrape++) {
      this.#isAnswering = true
      if (scrape === 0) world.churn()
      world.scrape()
      this.#isAnswering = false
      await world.clock.advance(scrapeMs)
    }
  }

  /** Blocks are as planned. */
  async settle(): Promise<void> {
    const { world, plan } = this
    // A round may make work for the next: retention goes before flushing.
    for (let round = 0; round < 3; round++) await world.database.maintain()
    plan.settle(world.model.newestMs)
    const first = plan.blocks[0]
    if (first !== undefined) world.model.keptFromMs = first.minMs
    expect(world.spans().map(textOf)).toEqual(plan.blocks.map(textOf))
  }

  /** Every sample is there, and nothing else; random selects answer right. */
  async check(): Promise<void> {
    const { world } = this
    expect(await world.faults()).toEqual([])
    for (let select = 0; select < 4; select++) {
      const { matchers, range } = world.randomSelect()
      expect(await world.faults(matchers, range), `${matchers} ${range.minTimeMs}`).toEqual([])
    }
    this.#checkSizes()
    const told = world.lines.filter((line) => !isOfDeath(line))
    expect(told).toEqual([])
  }

  /** Log, head chunk files and what is kept of blocks take no more in the second half than before. */
  #checkSizes(): void {
    const { world, peak } = this
    const { head, blocks } = world.sizes()
    if (world.clock.wallMs() - startMs < 16 * hourMs) {
      peak.head = Math.max(peak.head, head)
      peak.blocks = Math.max(peak.blocks, blocks)
      return
    }
    expect(head).toBeLessThan(peak.head * 2)
    if (world.options.retentionMs < 12 * hourMs) expect(blocks).toBeLessThan(peak.blocks * 1.5)
  }

  /** In one of the next operations, often in the middle of a flush or merge. */
  #dieSoon(): void {
    const { world } = this
    const { disk } = world
    this.#operationsLeft = Math.floor(world.random() ** 2 * 60)
    disk.faults.before = () => {
      if (this.#isAnswering || this.#death !== undefined || this.#operationsLeft-- > 0) return
      this.#death = disk.copy()
    }
  }

  async #dieAndLiveOn(): Promise<void> {
    const { world, counts } = this
    world.disk.faults = {}
    let disk = this.#death
    if (disk === undefined) {
      // What was written more than a second ago is synced: a power cut costs nothing of it.
      await world.clock.advance(2_000)
      disk = world.disk.copy()
      disk.cutPower(world.random)
      counts.powerCuts++
    } else counts.kills++
    this.#death = undefined
    await world.liveOn(disk, Math.floor(world.random() * 4) * 60_000)
    this.#afterStart()
  }

  async #restart(): Promise<void> {
    await this.world.database.close()
    await this.world.liveOn(this.world.disk, 60_000)
    this.counts.restarts++
    this.#afterStart()
  }

  /** Whether a flush was finished before the end is to be seen on the disk. */
  #afterStart(): void {
    const { world, plan } = this
    const endMs = Math.max(startMs, ...world.spans().map(({ maxMs }) => maxMs))
    while (plan.headMinMs < endMs) plan.flush()
    const { minTimeMs } = world.database.stats()
    expect(minTimeMs).toBe(world.model.firstAtOrAfter(endMs))
    plan.headMinMs = minTimeMs ?? 0
  }

  async #delete(): Promise<void> {
    const { world, counts } = this
    const { matchers, range } = world.randomSelect()
    // The series that stay are kept: without them blocks would be empty, and none.
    const most = [...matchers, new Matcher('!=', '__name__', 'up')]
    const isEndless = world.random() < 0.2
    const deleted = { ...range, maxTimeMs: isEndless ? allTime.maxTimeMs : range.maxTimeMs }
    await world.database.admin.deleteSeries([most], deleted)
    counts.deletes++
    counts.deleted += world.model.delete(most, deleted)
  }

  async #clean(): Promise<void> {
    const { world, counts } = this
    for (let round = 0; round < 3; round++) await world.database.maintain()
    await world.database.admin.cleanTombstones()
    const [first, last] = [world.spans().at(0), world.spans().at(-1)]
    const range = { minTimeMs: first?.minMs ?? 0, maxTimeMs: (last?.maxMs ?? 0) - 1 }
    expect(world.blockCounts()).toEqual({ samples: world.model.count(range), tombstones: 0 })
    counts.cleanings++
  }
}

/** What an end in the middle of something may leave: no damage, and no sample is lost. */
function isOfDeath(line: string): boolean {
  return line.startsWith('Head chunk file set aside')
}

function textOf({ minMs, maxMs }: Span): string {
  const hours = (timeMs: number) => Math.round(((timeMs - startMs) / hourMs) * 1e4) / 1e4
  return `${hours(minMs)}-${hours(maxMs)}`
}

describe('24 hours of ingest on a simulated clock and disk', { timeout: 3_600_000 }, () => {
  it('blocks of 2 hours come when 3 are in the head, those of 6 and 18 when a newer one is there, and go by age', async () => {
    const options = { ...optionsOf(2), retentionMs: 12 * hourMs }
    const day = new Day(options, 6)
    await day.world.open()
    const seen: string[] = []
    for (let step = 1; step * stepMs <= 28 * hourMs; step++) {
      await day.scrapes()
      await day.settle()
      if (step % 12 === 0) await day.check()
      const texts = day.world.spans().map(textOf).join(' ')
      if (texts !== seen.at(-1)?.replace(/^\S+ /, '')) {
        seen.push(`${Math.floor((step * stepMs) / hourMs)}h: ${texts}`)
      }
    }
    await day.world.database.close()
    expect(seen).toEqual([
      '0h: ',
      '3h: 0-2',
      '5h: 0-2 2-4',
      '7h: 0-2 2-4 4-6',
      '9h: 0-6 6-8',
      '11h: 0-6 6-8 8-10',
      '13h: 0-6 6-8 8-10 10-12',
      '15h: 0-6 6-12 12-14',
      '17h: 0-6 6-12 12-14 14-16',
      '19h: 6-12 12-14 14-16 16-18',
      '21h: 6-12 12-18 18-20',
      '23h: 6-18 18-20 20-22',
      '25h: 6-18 18-20 20-22 22-24',
      '27h: 6-18 18-24 24-26',
    ])
  })

  it.each(seeds)(
    'seed %i: blocks are as planned and answers right at every step, with churn, deletes, kills and power cuts',
    async (seed) => {
      const day = new Day(optionsOf(seed), isWhole ? 44 : 16)
      await day.world.open()
      for (let step = 1; step * stepMs <= dayMs; step++) await day.step()
      const { samplesAppended } = day.world.database.stats()
      await day.world.database.close()
      const counts = JSON.stringify({ ...day.counts, ...day.peak, samplesAppended })
      console.log(`a day of seed ${seed}: ${counts}, blocks ${day.plan.blocks.map(textOf)}`)
    },
  )
})
