import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { rulesTool, tsdbTool } from './tsdb-tool.ts'

const endMs = 1_700_000_000_000
const end = new Date(endMs).toISOString()

const rules = `groups:
- name: g
  interval: 1m
  rules:
  - {record: r, expr: sum(m)}
  - {alert: High, expr: r > 30, for: 2m}
  - {alert: Never, expr: r < 0}
  - {record: bad, expr: m + on () m}
`

/** A data directory with two series m that count from 1 to 40 within ten minutes, and a rule file. */
async function world(): Promise<{ data: string; file: string; blocks: string }> {
  const directory = temporaryDirectory()
  const data = join(directory, 'data')
  const file = join(directory, 'rules.yml')
  writeFileSync(file, rules)
  const database = await openDatabase(data)
  fillDatabase(database, 2, 40, endMs)
  await database.close()
  return { data, file, blocks: join(directory, 'blocks') }
}

it('rules backtest tells when alerts would have fired, and makes blocks of what was recorded', async () => {
  const { data, file, blocks } = await world()
  const times = ['--from', '10m', '--to', end, '--name', 'rules.yml']
  const said = await rulesTool('backtest', file, '--data', data, ...times, '--blocks', blocks)
  expect(said.out).toBe(`From 2023-11-14T22:03:20Z to 2023-11-14T22:13:20Z

Group g: 10 evaluations, one every 1m
  record r: 10 samples of 1 series
  alert High (for 2m): fired 1 time, 3m in all, 1 alert
    {alertname="High"}
      pending  2023-11-14T22:08:17Z  2023-11-14T22:10:17Z  2m
      firing   2023-11-14T22:10:17Z  still at the end      3m
  alert Never: never
  record bad: 0 samples of 0 series
    10 of 10 evaluations failed: found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="m", n="0"}, {__name__="m", n="1"}];many-to-many matching not allowed: matching labels must be unique on one side
`)
  expect(said.err).toMatch(/^Wrote block \w{26}\n$/)
  const dumped = await tsdbTool('dump', blocks)
  expect(dumped.out.split('\n').filter((line) => line.startsWith('{__name__="r"}'))).toHaveLength(
    10,
  )
  expect(dumped.out).not.toContain('ALERTS')
})

it.each([
  [['--from', 'soon'], 'cannot parse "soon" to a valid duration|--from'],
  [['--from', '2030-01-01T00:00:00Z', '--to', end], '--to is before --from'],
  [['--from', '1h', '--to', end, '--data', '/nowhere'], '/nowhere: no such directory'],
  [
    ['--from', '1h', '--server', 'localhost:1', '--blocks', 'b'],
    '--blocks needs --data: a server does not send blocks',
  ],
])('rules backtest %j: %s', async (parameters, words) => {
  const { file } = await world()
  const { code, err } = await rulesTool('backtest', file, ...parameters)
  expect([code, err]).toEqual([1, expect.stringMatching(words)])
})
