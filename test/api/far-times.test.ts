import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SimClock } from '../sim/sim-clock.ts'
import { nowMs, startApi } from '../support/api-server.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const now = nowMs / 1000
const cleanings: (() => void | Promise<void>)[] = []
let url = ''

beforeAll(async () => {
  const atEnd = (clean: () => void | Promise<void>) => cleanings.unshift(clean)
  const database = await openDatabase(temporaryDirectory(atEnd))
  fillDatabase(database, 1, 5, nowMs)
  atEnd(() => database.close())
  const runner = new DirectRunner(database)
  const api = await startApi({ clock: new SimClock(nowMs), runner: () => runner }, atEnd)
  url = api.url
})

afterAll(async () => {
  for (const clean of cleanings) await clean()
})

async function get(path: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
  return await response.text()
}

function answer(type: string, result: string): string {
  return `{"status":"success","data":{"resultType":"${type}","result":${result}}}`
}

function row(...points: readonly string[]): string {
  const values = points.map((point) => `[${point}]`).join(',')
  return points.length === 1
    ? `[{"metric":{},"value":${values}}]`
    : `[{"metric":{},"values":[${values}]}]`
}

function overflow(parameter: string, text: string, before = ''): string {
  const words = `${before}cannot parse \\"${text}\\" to a valid timestamp. It overflows int64`
  return `{"status":"error","errorType":"bad_data","error":"invalid parameter \\"${parameter}\\": ${words}"}`
}

describe('times beyond the safe integers of milliseconds', () => {
  it.each([
    ['vector(1)', '8640000000000.002', row('8640000000000.002,"1"')],
    ['vector(1)', '9007199254740.992', row('9007199254740.992,"1"')],
    ['vector(1)', '12345678123456.555', row('12345678123456.555,"1"')],
    ['-vector(1)', '-12345678123456.555', row('-12345678123456.555,"-1"')],
    ['vector(time())', '12345678123456.555', row('12345678123456.555,"12345678123456.557"')],
    ['timestamp(vector(1))', '1e15', row('1000000000000000,"1000000000000000"')],
    ['vector(1)', '292277025-08-18T07:12:54.999999999Z', row('9223309901257974.999,"1"')],
    ['vector(1)', '-292273086-05-16T16:47:06Z', row('-9223309901257974,"1"')],
    ['m', '12345678123456.555', '[]'],
    [`sum(m @ ${now})`, '12345678123456.555', row('12345678123456.555,"5"')],
    ['absent(m)', '12345678123456.555', row('12345678123456.555,"1"')],
    [
      `sum(count_over_time(m[1m:15s] @ ${now}))`,
      '12345678123456.555',
      row('12345678123456.555,"4"'),
    ],
  ])('an instant query for %s at %s is answered at that time', async (query, time, result) => {
    expect(await get('query', { query, time })).toBe(answer('vector', result))
  })

  it('a scalar has the nearest float, as its time is written from one', async () => {
    const result = '[12345678123456.557,"12345678123456.557"]'
    const found = await get('query', { query: 'time()', time: '12345678123456.555' })
    expect(found).toBe(answer('scalar', result))
  })

  it.each([
    [
      { query: 'vector(1)', start: '9007199254740.991', end: '9007199254740.994', step: '0.001' },
      row(
        '9007199254740.990,"1"',
        '9007199254740.991,"1"',
        '9007199254740.992,"1"',
        '9007199254740.993,"1"',
        '9007199254740.994,"1"',
      ),
    ],
    [
      { query: 'vector(1)', start: '12345678123456.555', end: '12345678123457.555', step: '0.5' },
      row('12345678123456.555,"1"', '12345678123457.055,"1"', '12345678123457.555,"1"'),
    ],
    [
      { query: 'sum(m)', start: `${now}`, end: '12345678123456.555', step: '250y' },
      `[{"metric":{},"values":[[${now},"5"]]}]`,
    ],
    [
      { query: 'vector(time()) > 1.2338e13', start: '1', end: '12345678123456.555', step: '250y' },
      '[{"metric":{},"values":[[12338460000001,"12338460000001"]]}]',
    ],
  ])('a range query has each step at its time: %j', async (parameters, result) => {
    const found = await get('query_range', parameters)
    expect(found).toBe(answer('matrix', result))
  })

  it('a subquery there is refused by name, as its steps could not be told apart', async () => {
    const query = 'count_over_time(vector(1)[1m:1s])'
    const words =
      'a subquery cannot be evaluated at 12345678123397 seconds, limit 9007199254740.99 seconds'
    const found = await get('query', { query, time: '12345678123456.555' })
    expect(found).toBe(`{"status":"error","errorType":"execution","error":"${words}"}`)
  })

  it('times of more than 64 bits are refused, where others would be answered for them', async () => {
    const before = "invalid time value for 'time': "
    const query = 'vector(1)'
    for (const time of ['9223372036854775.807', '-1e16', '1e300']) {
      expect(await get('query', { query, time })).toBe(overflow('time', time, before))
    }
    const range = { query, start: '0', end: '1e17', step: '1y' }
    expect(await get('query_range', range)).toBe(overflow('end', '1e17'))
  })
})
