import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Narthex, type OpenOptions, open } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function opened(options: OpenOptions = {}): Promise<Narthex> {
  const database = await open(options)
  onTestFinished(() => database.close())
  return database
}

const startMs = 1_700_000_000_000

describe('the library', () => {
  it('answers what was appended, with labels, times, warnings and infos', async () => {
    const database = await opened()
    const result = database.append([
      {
        labels: { __name__: 'm', a: '1' },
        samples: [
          [startMs, 1],
          [startMs + 15_000, 0.1],
        ],
      },
      {
        labels: { __name__: 'm', a: '2' },
        samples: [
          [startMs, -2],
          [startMs + 10, 'stale'],
        ],
      },
    ])
    expect(result).toEqual({ appended: 4, refused: [] })
    expect(await database.query('m', { timeMs: startMs })).toEqual({
      type: 'vector',
      series: [
        { labels: { __name__: 'm', a: '1' }, samples: [{ timeMs: startMs, value: 1 }] },
        { labels: { __name__: 'm', a: '2' }, samples: [{ timeMs: startMs, value: -2 }] },
      ],
      warnings: [],
      infos: [],
    })
    const later = { startMs: startMs + 10, endMs: startMs + 15_010, stepMs: 15_000 }
    expect(await database.queryRange('rate(m[1m])', later)).toMatchObject({
      type: 'matrix',
      infos: [expect.stringContaining('metric might not be a counter')],
    })
    expect(await database.queryRange('m * 2', later)).toMatchObject({
      series: [
        {
          labels: { a: '1' },
          samples: [
            { timeMs: startMs + 10, value: 2 },
            { timeMs: startMs + 15_010, value: 0.2 },
          ],
        },
      ],
    })
    expect(await database.query('1 / 0', { timeMs: startMs + 1 })).toEqual({
      type: 'scalar',
      timeMs: startMs + 1,
      value: Number.POSITIVE_INFINITY,
      series: [{ labels: {}, samples: [{ timeMs: startMs + 1, value: Number.POSITIVE_INFINITY }] }],
      warnings: [],
      infos: [],
    })
    expect(await database.query('"text"')).toMatchObject({
      type: 'string',
      value: 'text',
      series: [],
    })
  })

  it('loads the notation of rule tests, native histograms too', async () => {
    const database = await opened()
    const series = `
      up{job="a"} 1 0+2x3 _ stale
      h           {{schema:0 sum:5 count:4 buckets:[1 2 1]}}x3`
    expect(database.load({ startMs, stepMs: 60_000, series })).toEqual({
      appended: 10,
      refused: [],
    })
    const at = { timeMs: startMs + 180_000 }
    expect(await database.query('max_over_time(up[5m])', at)).toMatchObject({
      series: [{ labels: { job: 'a' }, samples: [{ value: 4 }] }],
    })
    expect(await database.query('h', at)).toMatchObject({
      series: [
        {
          samples: [
            {
              timeMs: startMs + 180_000,
              value: {
                count: 4,
                sum: 5,
                buckets: [
                  { lower: 0.5, upper: 1, lowerIncluded: false, upperIncluded: true, count: 1 },
                  { lower: 1, upper: 2, count: 2 },
                  { lower: 2, upper: 4, count: 1 },
                ],
              },
            },
          ],
        },
      ],
    })
    expect(await database.query('h[2m]', at)).toMatchObject({
      type: 'matrix',
      series: [{ samples: [{ timeMs: startMs + 120_000 }, { timeMs: startMs + 180_000 }] }],
    })
  })

  it('takes samples in any order, and says which it does not take', async () => {
    const database = await opened({ now: () => startMs })
    const labels = { __name__: 'm' }
    const times = [startMs, 0, startMs - 10 ** 10, startMs + 3_600_000]
    expect(
      database.append([{ labels, samples: times.map((timeMs) => [timeMs, timeMs] as const) }]),
    ).toEqual({
      appended: 3,
      refused: [{ labels, timeMs: startMs + 3_600_000, reason: 'too far in the future' }],
    })
    expect(await database.query('m', { timeMs: 1 })).toMatchObject({ series: [{ labels }] })
    expect(await database.query('m')).toMatchObject({ series: [{ samples: [{ value: startMs }] }] })
  })

  it('keeps what a directory is given, for the next who opens it, and for one at a time', async () => {
    const directory = temporaryDirectory()
    const first = await opened({ directory })
    first.load({ startMs: Date.now() - 60_000, stepMs: 1, series: 'kept 7' })
    await expect(open({ directory })).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' })
    await first.close()
    const second = await opened({ directory })
    expect(await second.query('kept')).toMatchObject({ series: [{ samples: [{ value: 7 }] }] })
    expect(existsSync(`${directory}/wal`)).toBe(true)
  })

  it('without one, leaves nothing behind: no file, no timer, no handler of signals', async () => {
    const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith('narthex-'))
    const handlers = () => process.eventNames().map((name) => [name, process.listenerCount(name)])
    const before = { files: ours().length, handlers: handlers() }
    const database = await open()
    expect(ours().length).toBeGreaterThan(before.files)
    expect(handlers()).toEqual(before.handlers)
    await database.close()
    expect(ours().length).toBe(before.files)
    await database.close()
    expect(() => database.append([])).toThrow('the database is closed')
    await expect(database.query('1')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it.each([
    ['sum(', 'QUERY_PARSE'],
    ['m + on(a) m', 'QUERY_EXECUTION'],
  ])('%s is rejected with a code', async (expr, code) => {
    const database = await opened()
    database.load({ stepMs: 1, series: ['m{b="1"} 1', 'm{b="2"} 1'] })
    await expect(database.query(expr, { timeMs: 0 })).rejects.toMatchObject({ code })
  })

  it('refuses modifiers that are turned off', async () => {
    const database = await opened({ atModifier: false, negativeOffset: false })
    await expect(database.query('m @ 0')).rejects.toThrow('@ modifier is disabled')
    await expect(database.query('m offset -1s')).rejects.toThrow('negative offset is disabled')
    expect(await database.query('m offset 1s')).toMatchObject({ type: 'vector', series: [] })
  })

  const heavy = 'count(max_over_time(rate(m[1m])[1d:1s]))'

  it('a long query lets others run, and stops when it is told to, or its time is over', async () => {
    const database = await opened()
    database.load({
      startMs,
      stepMs: 15_000,
      series: Array.from({ length: 500 }, (_none, n) => `m{n="${n}"} 0+1x100`),
    })
    const at = { timeMs: startMs + 1_500_000 }
    const controller = new AbortController()
    const running = database.query(heavy, { ...at, signal: controller.signal })
    let turns = 0
    for (; turns < 10; turns++) await pause(1)
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'QUERY_CANCELED' })
    expect(turns).toBe(10)
    await expect(database.query(heavy, { ...at, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'QUERY_TIMEOUT',
    })
    const last = expect(database.query(heavy, at)).rejects.toMatchObject({
      code: 'QUERY_CANCELED',
    })
    await database.close()
    await last
  })

  it('works where a test has put its own timers in the place of the real ones', async () => {
    vi.useFakeTimers()
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const database = await open()
    database.load({ stepMs: 1_000, series: 'm 0+1x10000' })
    expect(
      await database.query('max_over_time(sum_over_time(m[1h])[2h:1s])', { timeMs: 7_200_000 }),
    ).toMatchObject({ type: 'vector' })
    await database.close()
  })
})
