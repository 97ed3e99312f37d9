import { describe, expect, it } from 'vitest'
import { minuteMs, RuleBench } from './rule-bench.ts'

function group(rules: string, more = ''): string {
  return `- name: g\n  interval: 1m\n${more}  rules:\n${rules}`
}

/** Puts a sample of x before each minute where there is one, and answers the state after each. */
async function states(
  bench: RuleBench,
  values: readonly (number | undefined)[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const [minute, value] of values.entries()) {
    if (value !== undefined) bench.put({ __name__: 'x' }, value)
    await bench.runPast(minute)
    found.push(bench.alerting('A').state)
  }
  return found
}

describe('alerts over time', () => {
  it.each([
    ['', [1, 1, 0, 1], 'firing firing inactive firing'],
    ['for: 0s', [1, 0], 'firing inactive'],
    ['for: 1m', [1, 1, 0, 1, 1], 'pending firing inactive pending firing'],
    ['for: 90s', [1, 1, 1], 'pending pending firing'],
    ['keep_firing_for: 2m', [1, 0, 0, 0, 0], 'firing firing firing inactive inactive'],
    ['keep_firing_for: 2m', [1, 0, 1, 0, 0, 0], 'firing firing firing firing firing inactive'],
    [
      'for: 1m\n    keep_firing_for: 1m',
      [1, 0, 1, 1, 0, 0],
      'pending inactive pending firing firing inactive',
    ],
  ])('%s: x of %j is %s', async (keys, values, wanted) => {
    const bench = await RuleBench.open()
    bench.apply(group(`  - alert: A\n    expr: x > 0\n    ${keys}\n`))
    expect((await states(bench, values)).join(' ')).toBe(wanted)
  })

  it('annotations keep a text that is empty, or becomes so; labels lose it', async () => {
    const bench = await RuleBench.open()
    const annotations = `annotations: {b: '', a: '{{ if gt $value 1.0 }}x{{ end }}', c: d}`
    bench.apply(group(`  - {alert: A, expr: x > 0, labels: {e: ''}, ${annotations}}\n`))
    await states(bench, [1])
    const [alert] = bench.alerting('A').current
    expect(alert?.annotations.toObject()).toEqual({ a: '', b: '', c: 'd' })
    expect(alert?.labels.toObject()).toEqual({ alertname: 'A' })
  })

  it('ALERTS changes its state label with stale markers, ALERTS_FOR_STATE tells since when', async () => {
    const bench = await RuleBench.open()
    bench.apply(group('  - {alert: A, expr: x > 0, for: 3m, labels: {team: a}}\n'), {
      restoring: { outageToleranceMs: 60 * minuteMs, gracePeriodMs: 10 * minuteMs },
    })
    await states(bench, [1, 1, 1, 1, 1, 0])
    const since = Math.floor((bench.clock.wallMs() - 5.5 * minuteMs) / 1_000)
    // Nothing is written before the state of an earlier life was looked for, after minute 1.
    expect(await bench.stored('ALERTS')).toEqual({
      'alertname A alertstate pending team a': [
        [2, 1],
        [3, 'stale'],
      ],
      'alertname A alertstate firing team a': [
        [3, 1],
        [4, 1],
        [5, 'stale'],
      ],
    })
    expect(await bench.stored('ALERTS_FOR_STATE')).toEqual({
      'alertname A team a': [
        [2, since],
        [3, since],
        [4, since],
        [5, 'stale'],
      ],
    })
  })

  it.each([
    ['told at every second minute: a delay must be over', 1, [0, 2, 4], 4],
    ['told at every third minute', 2.5, [0, 3], 10],
    ['told at every minute', 0.5, [0, 1, 2, 3, 4], 4],
  ])('firing alerts are %s', async (_words, delay, minutes, holds) => {
    const bench = await RuleBench.open()
    bench.apply(group('  - {alert: A, expr: vector(1)}\n'), { resendDelayMs: delay * minuteMs })
    await bench.runPast(4)
    expect(bench.told.map(({ minute }) => minute)).toEqual(minutes)
    for (const { minute, startMinute, endMinute, isResolved } of bench.told) {
      expect([startMinute, endMinute, isResolved]).toEqual([0, minute + holds, false])
    }
  })

  it('a resolved alert is told at once and again for a quarter of an hour, then forgotten', async () => {
    const bench = await RuleBench.open()
    bench.apply(group('  - {alert: A, expr: x > 0}\n'))
    bench.put({ __name__: 'x' }, 1)
    await bench.runPast(2)
    bench.put({ __name__: 'x' }, 0)
    await bench.runPast(25)
    const resolved = bench.told.filter(({ isResolved }) => isResolved)
    expect(resolved.map(({ minute }) => minute)).toEqual([3, 5, 7, 9, 11, 13, 15, 17])
    for (const { startMinute, endMinute } of resolved) {
      expect([startMinute, endMinute]).toEqual([0, 3])
    }
    expect([...bench.alerting('A').active]).toEqual([])
  })

  it('pending alerts are told to nobody', async () => {
    const bench = await RuleBench.open()
    bench.apply(group('  - {alert: A, expr: vector(1), for: 1h}\n'))
    await bench.runPast(3)
    expect(bench.told).toEqual([])
  })

  it.each([
    ['the group', '  query_offset: 2m\n', ''],
    ['the configuration', '', 'global: {rule_query_offset: 2m}'],
    [
      'the group before the configuration',
      '  query_offset: 2m\n',
      'global: {rule_query_offset: 1m}',
    ],
  ])(
    'query_offset of %s moves queries and samples back, not the alerts',
    async (_who, more, config) => {
      const bench = await RuleBench.open()
      const rules = '  - {record: r, expr: time()}\n  - {alert: A, expr: vector(1)}\n'
      bench.apply(group(rules, more), { config })
      await bench.runPast(2)
      const stored = await bench.stored('r')
      expect(stored['']?.map(([minute]) => minute)).toEqual([-2, -1, 0])
      const [first] = stored[''] ?? []
      const atMs = bench.clock.wallMs() - 4.5 * minuteMs
      expect(first?.[1]).toBe(atMs / 1_000)
      const alerts = await bench.stored('ALERTS')
      expect(alerts['alertname A alertstate firing']).toEqual([[0, 1]])
      expect(bench.told[0]?.startMinute).toBe(0)
    },
  )

  it('over the limit nothing is stored, alerts are forgotten, and the others of the group go on', async () => {
    const bench = await RuleBench.open()
    const two =
      'label_replace(x, \\"n\\", \\"1\\", \\"\\", \\"\\") or label_replace(x, \\"n\\", \\"2\\", \\"\\", \\"\\")'
    bench.apply(
      group(
        `  - {record: r, expr: "${two}"}\n  - {alert: A, expr: "${two}"}\n  - {record: s, expr: x}\n`,
        '  limit: 1\n',
      ),
    )
    bench.put({ __name__: 'x' }, 1)
    await bench.runPast(0)
    const [r, a, s] = bench.group().rules
    expect([r?.health, r?.lastError]).toEqual(['err', 'exceeded limit of 1 with 2 series'])
    expect([a?.health, a?.lastError]).toEqual(['err', 'exceeded limit of 1 with 2 alerts'])
    expect([s?.health, s?.lastError]).toEqual(['ok', ''])
    expect(await bench.stored('r')).toEqual({})
    expect(bench.alerting('A').current).toEqual([])
    expect(Object.keys(await bench.stored('s'))).toEqual([''])
    expect(bench.metric('prometheus_rule_evaluation_failures_total')).toBe(2)
  })
})
