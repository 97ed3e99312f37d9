import { describe, expect, it } from 'vitest'
import { RuleBench, rulePath, settled } from './rule-bench.ts'

function group(rules: string, name = 'g'): string {
  return `- name: ${name}\n  interval: 1m\n  rules:\n${rules}`
}

const alert = '  - {alert: A, expr: vector(1), for: 3m, labels: {team: a}}\n'
const record = '  - {record: r, expr: vector(1)}\n'

async function minutesAndValues(bench: RuleBench, metric: string): Promise<string> {
  const stored = await bench.stored(metric)
  return (stored[''] ?? []).map(([minute, value]) => `${minute}:${value}`).join(' ')
}

describe('a reload', () => {
  it('leaves groups alone in which nothing changed', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(alert) + group(record, 'other'))
    await bench.runPast(1)
    const before = bench.group()
    bench.apply(group(alert) + group('  - {record: r, expr: vector(2)}\n', 'other'))
    expect(bench.group()).toBe(before)
    await bench.runPast(3)
    expect(bench.alerting('A').state).toBe('firing')
    expect(bench.metric('prometheus_rule_group_iterations_total')).toBe(4)
  })

  it.each([
    ['limit: 7', group(alert).replace('  rules', '  limit: 7\n  rules')],
    ['query_offset: 1s', group(alert).replace('  rules', '  query_offset: 1s\n  rules')],
    ['an annotation', group(alert.replace('labels', 'annotations: {a: b}, labels'))],
    ['another rule in front', group(record + alert)],
  ])('%s makes a new group, whose alerts are the old ones', async (_change, changed) => {
    const bench = await RuleBench.open()
    bench.apply(group(alert))
    await bench.runPast(2)
    const before = bench.group()
    const since = bench.alerting('A').current[0]?.activeAtMs
    bench.apply(changed)
    await settled()
    expect(bench.group()).not.toBe(before)
    expect(bench.alerting('A').current[0]?.activeAtMs).toBe(since)
    await bench.runPast(3)
    expect(bench.alerting('A').state).toBe('firing')
  })

  it('counters of a group that changes go on', async () => {
    const bench = await RuleBench.open()
    const two = 'label_replace(vector(1), "a", "b", "", "") or vector(1)'
    bench.apply(group(`  - {record: r, expr: 'label_replace(${two}, "a", "", "", "")'}\n`))
    await bench.runPast(2)
    const names = ['group_iterations', 'evaluations', 'evaluation_failures']
    const counted = () => names.map((name) => bench.metric(`prometheus_rule_${name}_total`))
    expect(counted()).toEqual([3, 3, 3])
    bench.apply(group(record + alert))
    expect(counted()).toEqual([3, 3, 3])
    expect(bench.metric('prometheus_rule_group_rules')).toBe(2)
    await bench.runPast(4)
    expect(counted()).toEqual([5, 7, 3])
    bench.apply('')
    await settled()
    bench.apply(group(record))
    await bench.runPast(5)
    expect(counted()).toEqual([1, 1, 0])
  })

  it('another label makes another alert', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(alert))
    await bench.runPast(2)
    bench.apply(group(alert.replace('team: a', 'team: b')))
    await settled()
    expect(bench.alerting('A').current).toEqual([])
  })

  it('a longer `for` makes a firing alert pending again, told anew when it is due', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(alert))
    await bench.runPast(3)
    expect(bench.told.map(({ minute }) => minute)).toEqual([3])
    bench.apply(group(alert.replace('3m', '6m')))
    await bench.runPast(4)
    expect(bench.alerting('A').state).toBe('pending')
    await bench.runPast(6)
    expect(bench.alerting('A').state).toBe('firing')
    expect(bench.told.map(({ minute, startMinute }) => [minute, startMinute])).toEqual([
      [3, 3],
      [6, 6],
    ])
  })

  it('series of a rule that is gone are stale at the next evaluation of its group', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(record + alert))
    await bench.runPast(1)
    bench.apply(group(alert))
    await bench.runPast(3)
    expect(await minutesAndValues(bench, 'r')).toBe('0:1 1:1 2:stale')
  })

  it('series of a group that is gone are stale as of the reload, two intervals later', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(record))
    await bench.runPast(1)
    bench.apply('')
    await settled()
    await bench.runPast(2)
    expect(await minutesAndValues(bench, 'r')).toBe('0:1 1:1')
    await bench.runPast(4)
    expect(await minutesAndValues(bench, 'r')).toBe('0:1 1:1 1.5:stale')
  })

  it('a rule that moved to another group leaves no stale marker', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(record))
    await bench.runPast(1)
    bench.apply(group(record, 'moved'))
    await bench.runPast(6)
    expect(await minutesAndValues(bench, 'r')).not.toContain('stale')
  })

  it('the end of the server leaves no stale marker', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(record))
    await bench.runPast(1)
    await bench.stop()
    await bench.runPast(6)
    expect(await minutesAndValues(bench, 'r')).toBe('0:1 1:1')
  })

  it('a faulty file is told by name, and everything stays as it was', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(alert))
    await bench.runPast(1)
    const before = bench.group()
    const words = `${rulePath}: 6:11: group "g", rule 1, "r": could not parse expression: 1:4: parse error: unexpected end of input`
    expect(() => bench.apply(group('  - record: r\n    expr: 1 +\n'))).toThrow(words)
    expect(bench.lines.join()).toContain('loading groups failed')
    expect(bench.group()).toBe(before)
    await bench.runPast(3)
    expect(bench.alerting('A').state).toBe('firing')
  })

  it('two reloads while an evaluation goes on lose neither alerts nor series', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(alert + record))
    await bench.runPast(1)
    let release: () => void = () => undefined
    bench.beforeQuery = async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
    }
    await bench.runPast(2)
    const since = bench.alerting('A').current[0]?.activeAtMs
    bench.beforeQuery = async () => undefined
    bench.apply(group(`${alert + record}  - {record: s, expr: vector(1)}\n`))
    bench.apply(group(alert))
    release()
    await settled()
    expect(bench.alerting('A').current[0]?.activeAtMs).toBe(since)
    await bench.runPast(3)
    expect(bench.alerting('A').state).toBe('firing')
    expect(await minutesAndValues(bench, 'r')).toBe('0:1 1:1 2:1 3:stale')
    expect(bench.broken).toEqual([])
  })

  it('a group that two reloads replaced and removed while it was at work leaves stale markers', async () => {
    const bench = await RuleBench.open()
    bench.apply(group(record))
    await bench.runPast(1)
    let release: () => void = () => undefined
    bench.beforeQuery = async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
    }
    await bench.runPast(2)
    bench.beforeQuery = async () => undefined
    bench.apply(group(record + alert))
    bench.apply('')
    release()
    await settled()
    await bench.runPast(5)
    expect(await minutesAndValues(bench, 'r')).toBe('0:1 1:1 2:1 2.5:stale')
  })
})
