import { describe, expect, it } from 'vitest'
import { slotBefore } from '../../src/rules/group-loop.ts'
import { minuteMs, RuleBench, settled } from './rule-bench.ts'

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
