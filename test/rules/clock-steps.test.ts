import { describe, expect, it } from 'vitest'
import { minuteMs, RuleBench, settled, zeroMs } from './rule-bench.ts'

const rules = `- name: g
  interval: 1m
  rules:
    - {record: r, expr: vector(1)}
    - {alert: A, expr: vector(time()), for: 2m}
`

/** Evaluates up to a minute, sets the clock half a minute later, and answers what the next ticks were. */
async function stepped(lastMinute: number, byMinutes: number, ticks: number) {
  const bench = await RuleBench.open()
  bench.apply(rules)
  await bench.runPast(lastMinute)
  bench.clock.step(byMinutes * minuteMs)
  const seen: { readonly slot: number; readonly state: string }[] = []
  for (let tick = 0; tick < ticks; tick++) {
    await bench.clock.advance(minuteMs)
    await settled()
    const alert = bench.alerting('A')
    const [{ value = 0 } = {}] = alert.current
    seen.push({ slot: Math.round((value * 1_000 - zeroMs) / minuteMs), state: alert.state })
  }
  return { bench, seen }
}

// Prometheus' ticks come at equal distances, whatever the clock says; the slot then goes on by the
// whole intervals that the clock is behind it, which may be none, or fewer than none.
describe('when the clock is set', () => {
  it.each([
    [5, [7, 8, 9, 10], 5],
    [2.5, [4, 5, 6, 7], 2],
    [-0.5, [1, 2, 3, 4], 0],
    [-2.5, [0, 0, 1, 2], 0],
    [-5, [-2, -2, -1, 0], 0],
  ])('by %d minutes after minute 1, rules are evaluated at %j', async (by, slots, missed) => {
    const { bench, seen } = await stepped(1, by, slots.length)
    expect(seen.map(({ slot }) => slot)).toEqual(slots)
    expect(bench.metric('prometheus_rule_group_iterations_missed_total')).toBe(missed)
    expect(bench.broken).toEqual([])
  })

  it.each([
    [1, 5, 'firing firing'],
    [1, -5, 'pending pending pending pending pending firing'],
    [3, -2.5, 'firing firing firing'],
    // Younger than its `for`, it is none any more until it is old enough again.
    [3, -4.5, 'pending pending pending firing'],
  ])(
    'an alert `for` two minutes, after minute %d by %d minutes, is %s',
    async (last, by, states) => {
      const wanted = states.split(' ')
      const { seen } = await stepped(last, by, wanted.length)
      expect(seen.map(({ state }) => state)).toEqual(wanted)
    },
  )

  it('back, what was stored stays, and goes on when the clock is where it was', async () => {
    const { bench } = await stepped(1, -2.5, 5)
    const stored = await bench.stored('r')
    expect(stored['']).toEqual([0, 1, 2, 3].map((minute) => [minute, 1]))
    const health = bench.group().rules.map((rule) => rule.health)
    expect(health).toEqual(['ok', 'ok'])
  })
})
