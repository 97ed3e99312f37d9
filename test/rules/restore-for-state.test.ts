import { describe, expect, it } from 'vitest'
import { minuteMs, RuleBench, zeroMs } from './rule-bench.ts'

/** A whole second: series tell no more. */
const baseMs = Math.ceil(zeroMs / 1_000) * 1_000
const requests = [
  [75, 85, 50, 0, 0, 25, 0, 0, 40, 0, 120],
  [125, 90, 60, 0, 0, 25, 0, 0, 40, 0, 130],
]
const restoring = { outageToleranceMs: 30 * minuteMs, gracePeriodMs: 10 * minuteMs }

function rules(queryOffset: number, more = ''): string {
  return `- name: g\n  query_offset: ${queryOffset}m\n  rules:\n  - {alert: A, expr: requests < 100, for: 25m, labels: {severity: critical${more}}}\n`
}

/** One server's life after another, at minutes since the base; data come every five minutes. */
class Lives {
  #next = 0

  constructor(readonly bench: RuleBench) {}

  goTo(minute: number): void {
    for (; this.#next * 5 <= minute; this.#next++) {
      this.#set(this.#next * 5)
      for (const [instance, values] of requests.entries()) {
        const value = values[this.#next]
        if (value === undefined) continue
        this.bench.put({ __name__: 'requests', instance: String(instance) }, value)
      }
    }
    this.#set(minute)
  }

  /** Evaluates at these minutes, as a server that knows that there is no earlier state. */
  async first(minutes: readonly number[], more = ''): Promise<void> {
    this.goTo(0)
    this.bench.apply(rules(0, more), { restoring })
    await this.bench.group().restore()
    for (const minute of minutes) {
      this.goTo(minute)
      await this.bench.group().evaluate(baseMs + minute * minuteMs)
    }
    await this.bench.stop()
  }

  /** Evaluates once and restores: since when the alerts of the two instances are active. */
  async next(minute: number, queryOffset = 0, more = ''): Promise<readonly unknown[]> {
    this.goTo(minute)
    this.bench.apply(rules(queryOffset, more), { restoring })
    await this.bench.group().evaluate(baseMs + minute * minuteMs)
    await this.bench.group().restore()
    const rule = this.bench.alerting('A')
    expect(rule.isRestored).toBe(true)
    return rule.current
      .map(({ labels, activeAtMs }) => [labels.get('instance'), (activeAtMs - baseMs) / minuteMs])
      .sort()
  }

  #set(minute: number): void {
    this.bench.clock.step(baseMs + minute * minuteMs - this.bench.clock.wallMs())
  }
}

// As upstream's own test of it has them, and the edges beside them.
describe.each([0, 1])('restoration of `for` with a query offset of %i min', (offset) => {
  it.each([
    ['pending alerts go on, without the outage', [0, 5], 15, [10 + offset, 15 + offset]],
    ['after the outage tolerance they begin anew', [0, 5], 40, [40 + offset, 40 + offset]],
    ['what is no alert any more is none', [0, 5], 50, []],
    [
      'what would fire soon waits for the grace period',
      [0, 5, 10, 15, 20],
      25,
      [10 + offset, 10 + offset],
    ],
    ['what fired goes on since when it was active', [0, 5, 10, 15, 20, 25, 30], 40, [0, 5]],
  ])('%s', async (_words, before, minute, wanted) => {
    const lives = new Lives(await RuleBench.open())
    await lives.first(before)
    const found = await lives.next(minute + offset, offset)
    expect(found).toEqual(wanted.map((active, instance) => [String(instance), active]))
  })
})

describe('restoration of `for`', () => {
  it('takes what is exactly as old as the tolerance', async () => {
    const lives = new Lives(await RuleBench.open())
    await lives.first([0, 5])
    expect(await lives.next(35)).toEqual([
      ['0', 30],
      ['1', 35],
    ])
  })

  it('finds series whose labels templates made', async () => {
    const lives = new Lives(await RuleBench.open())
    const more = ", low: '{{ $labels.instance }}-{{ if lt $value 1e9 }}y{{ end }}'"
    await lives.first([0, 5], more)
    expect(await lives.next(15, 0, more)).toEqual([
      ['0', 10],
      ['1', 15],
    ])
  })

  it('leaves rules alone whose `for` is shorter than the grace period', async () => {
    const bench = await RuleBench.open()
    const short = '- name: g\n  rules: [{alert: A, expr: vector(1), for: 5m}]\n'
    bench.apply(short, { restoring })
    await bench.group().evaluate(bench.clock.wallMs())
    await bench.group().restore()
    const active = bench.alerting('A').current[0]?.activeAtMs
    expect(active).toBe(bench.clock.wallMs())
  })

  it('begins anew where the query fails, and says so', async () => {
    const lives = new Lives(await RuleBench.open())
    await lives.first([0, 5])
    lives.bench.faultOf = (query) => (query.startsWith('ALERTS') ? 'no disk' : undefined)
    expect(await lives.next(15)).toEqual([
      ['0', 15],
      ['1', 15],
    ])
    const [line = ''] = lives.bench.lines
    expect(line).toBe(`Failed to restore 'for' state {"alertname":"A","err":"no disk"}`)
  })

  it('a restart in the middle of `for` delays the alert by the outage alone', async () => {
    const bench = await RuleBench.open()
    const rule = '- name: g\n  interval: 1m\n  rules: [{alert: A, expr: vector(1), for: 30m}]\n'
    bench.apply(rule)
    await bench.runPast(12)
    await bench.stop()
    await bench.runPast(17)
    bench.apply(rule)
    // Restored half a moment after the slot of minute 19: since minute 0, and 7 minutes more.
    await bench.runPast(36)
    expect(bench.alerting('A').state).toBe('pending')
    await bench.runPast(37)
    expect(bench.alerting('A').state).toBe('firing')
    expect(bench.told.map(({ minute }) => minute)).toEqual([37])
  })
})
