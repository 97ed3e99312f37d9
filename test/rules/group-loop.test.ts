import { describe, expect, it } from 'vitest'
import { sharedWakeMs, slotBefore } from '../../src/rules/group-loop.ts'
import { minuteMs, RuleBench, rulePath, settled, zeroMs } from './rule-bench.ts'

const counting = '- name: g\n  interval: 1m\n  rules: [{record: r, expr: vector(1)}]\n'

async function minutesOf(bench: RuleBench): Promise<readonly number[]> {
  const stored = await bench.stored('r')
  return (stored[''] ?? []).map(([minute]) => minute)
}

describe('the schedule of a group', () => {
  const long = `/${'x'.repeat(300)}`
  // Printed by Prometheus' own hash.
  it.each([
    ['/rules.yml', 'g', 1_000, 1_699_999_999_157],
    ['/rules.yml', 'g', 15_000, 1_699_999_998_157],
    ['/rules.yml', 'g', 60_000, 1_699_999_983_157],
    ['/etc/prometheus/rules/node.yml', 'node', 15_000, 1_699_999_987_707],
    ['/rules.yml', 'ü', 60_000, 1_699_999_978_359],
    [long, 'g', 60_000, 1_699_999_976_952],
  ])(
    'has the slots that Prometheus gives it: %s %s every %i ms',
    (file, name, intervalMs, slotMs) => {
      expect(slotBefore({ file, name, intervalMs }, 1_700_000_000_000)).toBe(slotMs)
    },
  )

  it('evaluates at its slots, and at none before it begins', async () => {
    const bench = await RuleBench.open()
    bench.apply(counting)
    await bench.runPast(2)
    expect(await minutesOf(bench)).toEqual([0, 1, 2])
    expect(bench.metric('prometheus_rule_group_iterations_total')).toBe(3)
    expect(bench.metric('prometheus_rule_group_iterations_missed_total')).toBe(0)
  })

  it('wakes groups that are due within a moment together, each with the time of its own slot', async () => {
    const bench = await RuleBench.open()
    const names = Array.from({ length: 300 }, (_none, index) => `g${index}`)
    const wakesMs: number[] = []
    bench.beforeQuery = async () => {
      wakesMs.push(bench.clock.monotonicMs())
    }
    const interval = 'interval: 15s'
    const rules = (name: string) => `[{record: r, labels: {of: ${name}}, expr: vector(1)}]`
    bench.apply(
      names.map((name) => `- {name: ${name}, ${interval}, rules: ${rules(name)}}\n`).join(''),
    )
    const beganMs = bench.clock.wallMs()
    await bench.clock.advance(15_500)
    await settled()
    expect(wakesMs.length).toBeGreaterThanOrEqual(names.length)
    expect(new Set(wakesMs).size).toBeLessThanOrEqual(31)
    const stored = await bench.stored('r')
    for (const name of names) {
      const firstMs = slotBefore({ file: rulePath, name, intervalMs: 15_000 }, beganMs) + 15_000
      expect(stored[`of ${name}`]?.[0]?.[0]).toBe((firstMs - zeroMs) / minuteMs)
      expect(bench.metric('prometheus_rule_group_iterations_missed_total', name)).toBe(0)
    }
  })

  it.each([100, 1_000, 7_000, 15_000, 60_000, 3_600_000])(
    'keeps a group of %i ms waiting for less than a thirtieth of that, and than half a second',
    (intervalMs) => {
      for (let dueMs = 0; dueMs < 1_000; dueMs += 0.7) {
        const lateMs = sharedWakeMs(dueMs, intervalMs) - dueMs
        expect(lateMs).toBeGreaterThanOrEqual(0)
        expect(lateMs).toBeLessThan(Math.min(500, intervalMs / 30))
        // Whoever has a longer interval is woken at one of its times.
        const longerMs = sharedWakeMs(dueMs, intervalMs * 3)
        expect(sharedWakeMs(longerMs, intervalMs)).toBe(longerMs)
      }
    },
  )

  it('lets no iteration begin before the last one ended, and counts those that were swallowed', async () => {
    const bench = await RuleBench.open()
    let running = 0
    let runningMax = 0
    bench.beforeQuery = async () => {
      runningMax = Math.max(runningMax, ++running)
      if (bench.minute === 1) {
        await new Promise<void>((resolve) => {
          bench.clock.after(2.6 * minuteMs, resolve)
        })
      }
      running--
    }
    bench.apply(counting)
    await bench.runPast(6)
    // What began at 1 ended at 3.6: the tick of 2 waited meanwhile, and it is the slot of 3 by now.
    expect(await minutesOf(bench)).toEqual([0, 1, 3, 4, 5, 6])
    expect(runningMax).toBe(1)
    expect(bench.metric('prometheus_rule_group_iterations_missed_total')).toBe(1)
    expect(bench.metric('prometheus_rule_group_iterations_total')).toBe(7)
    expect(bench.broken).toEqual([])
  })

  it('goes on at the slots of now when the clock is set forward', async () => {
    const bench = await RuleBench.open()
    bench.apply(counting)
    await bench.runPast(1)
    bench.clock.step(5 * minuteMs)
    await bench.clock.advance(minuteMs)
    await settled()
    expect(await minutesOf(bench)).toEqual([0, 1, 7])
    expect(bench.metric('prometheus_rule_group_iterations_missed_total')).toBe(5)
  })

  it('ends the rules that are at work and begins none that read them', async () => {
    const bench = await RuleBench.open()
    const asked: string[] = []
    let release: () => void = () => undefined
    bench.beforeQuery = async (query) => {
      asked.push(query)
      await new Promise<void>((resolve) => {
        release = resolve
      })
    }
    bench.apply(
      '- name: g\n  interval: 1m\n  rules: [{record: a, expr: one}, {record: b, expr: a}]\n',
    )
    await bench.runPast(0)
    let isOver = false
    const stopped = bench.stop().then(() => {
      isOver = true
    })
    await settled()
    expect(isOver).toBe(false)
    release()
    await stopped
    expect(asked).toEqual(['one'])
  })
})
