import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { RuleBench, rulePath } from '../rules/rule-bench.ts'
import { startApi } from '../support/api-server.ts'

const files = `
- name: a
  rules:
  - {record: r1, expr: one, labels: {team: x}}
  - {alert: A1, expr: vector(1), labels: {team: y, kind: k}}
- name: b
  rules:
  - {record: r2, expr: two}
- name: c
  interval: 10s
  limit: 3
  rules:
  - {alert: A1, expr: up == 0, for: 5m, keep_firing_for: 1m, annotations: {summary: s}}
  - {alert: A2, expr: up == 1, labels: {team: x}}
`

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: {
    readonly groups: readonly {
      readonly name: string
      readonly rules: readonly {
        readonly name: string
        readonly alerts?: readonly object[] | null
      }[]
    }[]
    readonly groupNextToken?: string
  }
}

let url = ''

async function ask(query: string): Promise<Answer> {
  return (await (await fetch(`${url}/api/v1/rules?${query}`)).json()) as Answer
}

/** Groups and their rules as text, and the group that the token points at. */
function told({ error, data }: Answer): string {
  if (data === undefined) return error ?? ''
  const groups = data.groups.map(({ name, rules }) => `${name}:${rules.map((rule) => rule.name)}`)
  const next = ['a', 'b', 'c'].find((name) => token(name) === data.groupNextToken)
  return [...groups, ...(next === undefined ? [] : [`next ${next}`])].join(' ')
}

function token(group: string): string {
  return createHash('sha256').update(`${rulePath};${group}`).digest('hex')
}

const encoded = encodeURIComponent

describe('GET /api/v1/rules', () => {
  let end: () => Promise<void>
  beforeAll(async () => {
    const ends: (() => unknown)[] = []
    const bench = await RuleBench.open((call) => ends.push(call))
    bench.apply(files.slice(1))
    await bench.runPast(0)
    const rules = {
      groups: () => bench.manager.groups(),
      alertmanagers: () => ({ activeUrls: [], droppedUrls: [] }),
    }
    ;({ url } = await startApi({ rules: () => rules }, (call) => ends.push(call)))
    end = async () => {
      for (const call of ends.reverse()) await call()
    }
    return () => end()
  })

  it.each([
    ['', 'a:r1,A1 b:r2 c:A1,A2'],
    ['type=alert', 'a:A1 c:A1,A2'],
    ['type=RECORD', 'a:r1 b:r2'],
    ['type=rules', 'invalid parameter "type": not supported value "rules"'],
    ['rule_name[]=A1', 'a:A1 c:A1'],
    ['rule_name[]=A1&rule_name[]=r2', 'a:A1 b:r2 c:A1'],
    ['rule_name[]=', ''],
    ['rule_group[]=b&rule_group[]=c', 'b:r2 c:A1,A2'],
    [`file[]=${rulePath}&rule_group[]=b`, 'b:r2'],
    ['file[]=/other.yml', ''],
    [`match[]=${encoded('{team="x"}')}`, 'a:r1 c:A2'],
    [`match[]=${encoded('{team="x"}')}&match[]=${encoded('{kind="k"}')}`, 'a:r1,A1 c:A2'],
    [`match[]=${encoded('{team="x",kind=""}')}&type=alert`, 'c:A2'],
    [`match[]=${encoded('{team=""}')}`, 'match[] must contain at least one non-empty matcher'],
    ['group_limit=2', 'a:r1,A1 b:r2 next c'],
    [`group_limit=2&group_next_token=${token('c')}`, 'c:A1,A2'],
    ['group_limit=3', 'a:r1,A1 b:r2 c:A1,A2'],
    ['group_limit=1&type=alert', 'a:A1 next c'],
    [`group_limit=1&type=alert&group_next_token=${token('b')}`, 'c:A1,A2'],
    [
      'group_limit=2&group_next_token=x',
      'invalid parameter "group_next_token": invalid group_next_token \'x\'. were rule groups changed?',
    ],
    [
      `group_next_token=${token('c')}`,
      'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
    ],
    ['group_limit=0', 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
    ['group_limit=-1', 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
    [
      'group_limit=x',
      'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      'exclude_alerts=x',
      'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "x": invalid syntax',
    ],
  ])('?%s answers %s', async (query, wanted) => {
    expect(told(await ask(query))).toBe(wanted)
  })

  it('has all fields of a group and its alerts, and null where they are not wanted', async () => {
    const whole = await ask('rule_group[]=a&rule_name[]=A1')
    const since = expect.stringMatching(/^2023-11-14T22:1.*Z$/)
    const labels = { alertname: 'A1', kind: 'k', team: 'y' }
    const rule = {
      state: 'firing',
      name: 'A1',
      query: 'vector(1)',
      duration: 0,
      keepFiringFor: 0,
      labels: { kind: 'k', team: 'y' },
      annotations: {},
      alerts: [{ labels, annotations: {}, state: 'firing', activeAt: since, value: '1e+00' }],
      health: 'ok',
      evaluationTime: expect.any(Number),
      lastEvaluation: since,
      type: 'alerting',
    }
    const group = {
      name: 'a',
      file: rulePath,
      interval: 60,
      limit: 0,
      evaluationTime: expect.any(Number),
      lastEvaluation: since,
    }
    expect(whole).toEqual({ status: 'success', data: { groups: [{ ...group, rules: [rule] }] } })
    const without = await ask('rule_group[]=a&rule_name[]=A1&exclude_alerts=T')
    expect(without.data?.groups[0]?.rules).toEqual([{ ...rule, alerts: null }])
  })
})
