import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { noLooks } from '../../src/base/looks.ts'
import { Labels } from '../../src/model/labels.ts'
import { MemoryStorage } from '../support/memory-storage.ts'
import { type AskOptions, ask, reply } from './ask.ts'

const minuteMs = 60_000

function storageOf(series: number): MemoryStorage {
  const storage = new MemoryStorage()
  for (let index = 0; index < series; index++) {
    const labels = Labels.of({ __name__: 'm', i: String(index) })
    for (let minute = 0; minute < 60; minute++) storage.append(labels, minute * minuteMs, minute)
  }
  return storage
}

async function text(query: string, options: AskOptions): Promise<string> {
  const answer = await reply(storageOf(2), query, options)
  return answer.ok ? Buffer.concat(answer.body).toString() : answer.message
}

describe('answers', () => {
  const at = { startMs: 10 * minuteMs }

  it('a vector, a matrix, a scalar and a string have the shapes of the HTTP API', async () => {
    expect(await text('m', at)).toBe(
      '{"status":"success","data":{"resultType":"vector","result":[' +
        '{"metric":{"__name__":"m","i":"0"},"value":[600,"10"]},' +
        '{"metric":{"__name__":"m","i":"1"},"value":[600,"10"]}]}}',
    )
    expect(await text('m{i="0"}[2m]', at)).toBe(
      '{"status":"success","data":{"resultType":"matrix","result":[' +
        '{"metric":{"__name__":"m","i":"0"},"values":[[540,"9"],[600,"10"]]}]}}',
    )
    expect(await text('1 / 3', { startMs: 1_500 })).toBe(
      '{"status":"success","data":{"resultType":"scalar","result":[1.5,"0.3333333333333333"]}}',
    )
    expect(await text('"a\\"b"', at)).toBe(
      '{"status":"success","data":{"resultType":"string","result":[600,"a\\"b"]}}',
    )
  })

  it('bytes that are no UTF-8 show as U+FFFD, and what looks like an escape of one stays', async () => {
    const value = async (query: string) => JSON.parse(await text(query, at)).data.result
    expect(await value('"a\\xff\\x80b"')).toEqual([600, 'a\ufffd\ufffdb'])
    expect(await value('"\\\\udcff \\U0001f600"')).toEqual([600, '\\udcff \u{1f600}'])
    expect(await value('label_replace(vector(1), "a", "\\xff<", "", "")')).toEqual([
      { metric: { a: '\ufffd<' }, value: [600, '1'] },
    ])
  })

  it('a range query for what has no value per step is refused with the reason', async () => {
    expect(await text('m[5m]', { ...at, endMs: 20 * minuteMs })).toBe(
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    )
  })

  it('a range query for what has no value per step is refused as that, whatever its durations come to', async () => {
    const words = 'for range query, must be Scalar or instant Vector'
    const ranged = { ...at, endMs: 20 * minuteMs }
    for (const query of ['m[-step()]', '((m[2^9999]))', 'm[1m] offset (2^9999)', 'm[5m:2^9999]']) {
      expect(await text(query, ranged)).toBe(`invalid expression type "range vector" ${words}`)
    }
    expect(await text('("a")', ranged)).toBe(`invalid expression type "string" ${words}`)
  })

  it.each([
    ['m @ 100', { atModifier: false }, '@ modifier is disabled'],
    ['rate(m[1m] @ start())', { atModifier: false }, '@ modifier is disabled'],
    ['rate(m[1h:1m] @ end())', { atModifier: false }, '@ modifier is disabled'],
    ['m offset 1s', { atModifier: false, negativeOffset: false }, undefined],
    ['m @ 100 offset 1s', { negativeOffset: false }, undefined],
    ['m offset -1s', { atModifier: false }, undefined],
    ['m offset -1s', { negativeOffset: false }, 'negative offset is disabled'],
    ['rate(m[1h:1m] offset -1s)', { negativeOffset: false }, 'negative offset is disabled'],
    ['m offset (1s - 2s)', { negativeOffset: false }, 'negative offset is disabled'],
  ])(
    '%s with %o is refused as upstream refuses it, or answered: %s',
    async (query, engine, error) => {
      for (const more of [{}, { endMs: at.startMs + minuteMs }]) {
        const answer = await reply(storageOf(2), query, { ...at, ...more, engine })
        expect(answer.ok ? undefined : answer.message).toBe(error)
      }
    },
  )

  it('more series than the limit are cut after ordering, with a warning', async () => {
    const { series, warnings } = await ask(storageOf(5), 'm', { ...at, limit: 2 })
    expect(series.map(({ metric }) => metric.i)).toEqual(['0', '1'])
    expect(warnings).toEqual(['results truncated due to limit'])
  })

  it.each([
    ['zebra or ant', ['zebra', 'ant 1', 'ant 2']],
    ['label_replace(ant, "i", "x$1", "i", "(2)") or zebra', ['ant 1', 'ant x2', 'zebra']],
    ['count by (i) (zebra or ant)', ['', '1', '2']],
    ['count_values("i", zebra or ant)', ['7', '3', '5']],
    [
      'label_replace(vector(1), "i", "9", "", "") or label_replace(vector(2), "i", "8", "", "")',
      ['9', '8'],
    ],
  ])('series of an instant vector come as they are evaluated: %s', async (query, names) => {
    const storage = new MemoryStorage()
    storage.append(Labels.of({ __name__: 'zebra' }), 0, 7)
    storage.append(Labels.of({ __name__: 'ant', i: '1' }), 0, 3)
    storage.append(Labels.of({ __name__: 'ant', i: '2' }), 0, 5)
    const told = async (limit: number) => {
      const { series } = await ask(storage, query, { startMs: 0, limit })
      return series.map(({ metric: { __name__ = '', i = '' } }) => `${__name__} ${i}`.trim())
    }
    expect(await told(0)).toEqual(names)
    expect(await told(1)).toEqual(names.slice(0, 1))
    const range = await ask(storage, 'zebra or ant', { startMs: 0, endMs: 15_000 })
    expect(range.series.map(({ metric }) => metric.__name__)).toEqual(['ant', 'ant', 'zebra'])
  })

  it.each([
    ['topk(2, m)', [1, 1, 2], ['2', '1']],
    ['bottomk(2, m)', [3, 3, 1], ['2', '1']],
    ['topk(3, m)', [1, 1, 1, 5, 4], ['3', '4', '2']],
    ['topk(3, m)', [1, 1, 1, 1], ['0', '1', '2']],
    ['topk(4, m)', [Number.NaN, 2, Number.NaN, 2], ['1', '3', '0', '2']],
    ['limitk(2, m)', [1, 1, 2], ['0', '1']],
    ['limitk(3, m)', [3, 1, 2, 0], ['1', '0', '2']],
    ['sort_desc(m)', [1, 2, 1, 2], ['1', '3', '0', '2']],
    ['sort(m)', [2, Number.NaN, 1, 2], ['2', '0', '3', '1']],
  ])(
    'of equal values %s keeps those that Prometheus keeps, in its order: %j',
    async (query, values, kept) => {
      const storage = new MemoryStorage()
      for (const [i, value] of values.entries()) {
        storage.append(Labels.of({ __name__: 'm', i: String(i) }), 0, value)
      }
      const { series } = await ask(storage, query, { startMs: 0 })
      expect(series.map(({ metric }) => metric.i)).toEqual(kept)
      const range = await ask(storage, query, { startMs: 0, endMs: 15_000 })
      expect(range.series.map(({ metric }) => metric.i).sort()).toEqual([...kept].sort())
    },
  )

  it('a warning tells its place in the query', async () => {
    const { warnings, infos } = await ask(storageOf(1), 'quantile(2, rate(m[5m]))', at)
    expect(warnings).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)',
    ])
    expect(infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in ' +
        '_total/_sum/_count/_bucket: "m" (1:18)',
    ])
  })

  it.each([
    ['quantile(2, +(m))', '1:10'],
    ['quantile(+(2), m)', '1:10'],
    ['quantile((+ +2), m)', '1:11'],
    ['quantile(((2)), m)', '1:12'],
    ['histogram_quantile(+(2), m)', '1:20'],
    ['quantile_over_time(+(2), m[5m])', '1:20'],
    ['limit_ratio(+(2), m)', '1:13'],
    ['sum(+quantile(2, m))', '1:15'],
  ])('the place of %s is that of the sign before what is warned of', async (query, place) => {
    const { warnings } = await ask(storageOf(1), query, at)
    expect(warnings.map((text) => /\((\d+:\d+)\)$/.exec(text)?.[1])).toContain(place)
  })

  it('a warning quotes names as Go does', async () => {
    const storage = new MemoryStorage()
    const name = 'a\u200b\x7f"\ttime'
    for (const minute of [8, 9]) storage.append(Labels.of({ __name__: name }), minute * minuteMs, 1)
    const { infos } = await ask(storage, 'rate({__name__=~"a.*"}[5m])', at)
    expect(infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in ' +
        String.raw`_total/_sum/_count/_bucket: "a\u200b\x7f\"\ttime" (1:6)`,
    ])
  })
})

describe('limits', () => {
  const hour = { startMs: 0, endMs: 59 * minuteMs, stepMs: minuteMs }

  it.each([
    'm',
    'sum(m)',
    'm + m',
    'topk(1, m)',
    'rate(m[30m])',
    'sort(m)',
    'count_values("v", m)',
    'max_over_time(m[30m:1s])',
  ])('%s over the sample limit is refused in words', async (query) => {
    const answer = await reply(storageOf(50), query, { ...hour, samplesMax: 20 })
    expect(answer).toEqual({
      ok: false,
      errorType: 'execution',
      message: 'query processing would load too many samples into memory in query execution',
    })
  })

  it('a huge subquery is refused before its memory is allocated', async () => {
    const query = 'max_over_time(m[10y:1ms])'
    const answer = await reply(storageOf(1), query, { startMs: 0 })
    expect(answer).toMatchObject({ ok: false, errorType: 'execution' })
  })

  it.each([
    ['QUERY_CANCELED', 'canceled', 'query was canceled in expression evaluation'],
    ['QUERY_TIMEOUT', 'timeout', 'query timed out in expression evaluation'],
  ] as const)('%s at a checkpoint becomes the reply', async (code, errorType, message) => {
    let asked = 0
    const control = {
      checkpoint() {
        asked++
        if (asked === 5) throw new NarthexError(code, 'stopped')
        return undefined
      },
      looks: noLooks,
    }
    const answer = await reply(storageOf(50), 'sum(rate(m[5m]))', { ...hour, control })
    expect(answer).toEqual({ ok: false, errorType, message })
  })

  it('a query asks often, measured by its work, whether its turn is over', async () => {
    let asked = 0
    const control = {
      checkpoint() {
        asked++
        return undefined
      },
      looks: noLooks,
    }
    const query = 'sum(max_over_time(rate(m[5m])[50m:10ms]))'
    await reply(storageOf(3), query, { startMs: 55 * minuteMs, control })
    const points = 3 * 50 * 60 * 100
    // At some 20 ns a point, 65,536 points are a millisecond or two.
    expect(asked).toBeGreaterThan(points / 65_536)
  })

  it('windows of many samples are measured by their samples', async () => {
    let asked = 0
    const control = {
      checkpoint() {
        asked++
        return undefined
      },
      looks: noLooks,
    }
    const storage = new MemoryStorage()
    const samples = 20_000
    for (let index = 0; index < samples; index++) {
      storage.append(Labels.of({ __name__: 'm' }), index * 1000, index)
    }
    const [startMs, endMs] = [samples * 500, samples * 1000]
    const range = { startMs, endMs, stepMs: 5_000, control }
    const answer = await reply(storage, `sum_over_time(m[${samples / 2}s])`, range)
    expect(answer.ok).toBe(true)
    const looked = (samples / 2) * ((endMs - startMs) / 5_000)
    expect(asked).toBeGreaterThan(looked / 2 ** 19)
  })
})
