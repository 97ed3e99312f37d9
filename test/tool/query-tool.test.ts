import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { pageServer } from '../support/page-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { promtool } from '../support/promtool.ts'
import { queryTool } from './tsdb-tool.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly parameters: string
  readonly header: string
}

/** A server that gives one answer to whatever it is asked, and what it was asked. */
async function fake(answer: string, status = 200) {
  const asked: Asked[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    request.on('end', () => {
      const [path = '', question = ''] = (request.url ?? '').split('?')
      const parameters = new URLSearchParams(`${question}&${body}`)
      parameters.sort()
      const header = String(request.headers['x-scope'] ?? '')
      asked.push({ method: request.method ?? '', path, parameters: parameters.toString(), header })
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(answer)
    })
  }
  const { host } = await pageServer(listener)
  return { url: `http://${host}/prefix`, asked }
}

function envelope(data: unknown): string {
  return JSON.stringify({ status: 'success', data })
}

const labels = { __name__: 'up', job: 'a "b"\\\n\u0007é', a: '<&>', Z: '' }
const buckets = [
  [3, '-0.001', '0.001', '2'],
  [0, '0.5', '1', '0.25'],
  [1, '-4', '-2', '1e+21'],
  [2, '1000000', '1e+100', '3'],
]
const histogram = { count: '12.5', sum: '-1e+25', buckets }

const values: Readonly<Record<string, unknown>> = {
  'a vector': {
    resultType: 'vector',
    result: [
      { metric: labels, value: [1.5, '1e+300'] },
      { metric: {}, value: [1700000000.123, '-0'] },
      { metric: { __name__: 'x' }, value: [3, 'NaN'] },
      { metric: { a: 'b' }, value: [3, '1e-07'] },
      { metric: { a: 'b', c: 'd' }, value: [3, '-Inf'] },
    ],
  },
  'a matrix': {
    resultType: 'matrix',
    result: [
      {
        metric: { b: '2', a: '1' },
        values: [
          [1, '1'],
          [2.5, '0.30000000000000004'],
        ],
      },
      { metric: { z: '0' }, values: [[1, '123456789012345680000']] },
      { metric: { a: '0' }, values: [[1, '+Inf']] },
    ],
  },
  'a scalar': { resultType: 'scalar', result: [1700000000.5, '1e+21'] },
  'histograms at one time': {
    resultType: 'vector',
    result: [{ metric: { __name__: 'h' }, histogram: [1, histogram] }],
  },
  'histograms over time': {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'h' },
        histograms: [
          [1, histogram],
          [2, { count: '0', sum: 'NaN' }],
        ],
      },
      { metric: { __name__: 'm' }, values: [[1, '2']], histograms: [[2, histogram]] },
    ],
  },
  nothing: { resultType: 'vector', result: [] },
}

describe.skipIf(peersAreAbsent)('narthex query prints what promtool query prints', () => {
  for (const [name, data] of Object.entries(values)) {
    for (const format of ['promql', 'json']) {
      it(`${name}, as ${format}`, async () => {
        const { url, asked } = await fake(envelope(data))
        const parameters = ['-o', format, 'instant', '--time=1700000000.25', url, 'up{a="b"}']
        const [wanted, found] = [
          await promtool(['query', ...parameters]),
          await queryTool(...parameters),
        ]
        expect(found).toEqual({ ...wanted, out: wanted.out })
        expect(asked[1]).toEqual(asked[0])
      })
    }
  }

  it.each([
    [
      'a range of time',
      ['range', '--start=1700000000', '--end=2023-11-14T22:20:00.5Z', '--step=1m30s'],
      ['up'],
    ],
    ['a range whose step is found', ['range', '--start=1700000000', '--end=1700090000'], ['up']],
    [
      'a range of seconds',
      ['range', '--start=1700000000', '--end=1700000001', '--step=500ms'],
      ['up'],
    ],
    [
      'headers',
      ['range', '--header=X-Scope=me', '--start=1', '--end=2', '--header', 'A:b'],
      ['up'],
    ],
  ] as const)('asks for %s as promtool does', async (_name, before, after) => {
    const { url, asked } = await fake(envelope(values.nothing))
    const parameters = [...before, url, ...after]
    expect(await queryTool(...parameters)).toEqual(await promtool(['query', ...parameters]))
    expect(asked[0]).toEqual(asked[1])
    expect(asked).toHaveLength(2)
  })

  it.each(['promql', 'json'])('series and values of a label, as %s', async (format) => {
    const times = ['--start=1', '--end=2023-11-14T22:13:20+01:00']
    const series = await fake(envelope([labels, {}, { a: 'b' }]))
    const some = ['-o', format, 'series', '--match=up', '--match={a="b"}', ...times, series.url]
    expect(await queryTool(...some)).toEqual(await promtool(['query', ...some]))
    expect(series.asked[0]).toEqual(series.asked[1])
    const names = await fake(envelope(['a', 'b c', '<é"']))
    const all = ['labels', '--match=up', ...times, names.url, 'job', '-o', format]
    expect(await queryTool(...all)).toEqual(await promtool(['query', ...all]))
    expect(names.asked[0]).toEqual(names.asked[1])
  })

  it.each([
    [400, '{"status":"error","errorType":"bad_data","error":"no \\"x\\""}'],
    [422, '{"status":"error","errorType":"execution","error":"many"}'],
    [503, '{"status":"error","errorType":"timeout","error":"late"}'],
    [404, 'nothing here\n'],
    [200, '{"status":"error","errorType":"execution","error":"many"}'],
    [422, '{"status":"success","data":{}}'],
  ])('an answer of status %d: %s', async (status, answer) => {
    const { url } = await fake(answer, status)
    const [wanted, found] = [
      await promtool(['query', 'instant', url, 'up']),
      await queryTool('instant', url, 'up'),
    ]
    expect(found).toEqual({ ...wanted, err: `narthex: ${wanted.err}` })
    expect(found.code).toBe(1)
  })

  it.each([
    [['instant', '--time=noon']],
    [['range', '--start=noon']],
    [['range', '--end=noon']],
    [['range', '--start=3', '--end=2']],
  ])('what cannot be asked: %j', async (before) => {
    const parameters = [...before, 'http://127.0.0.1:1', 'up']
    const wanted = await promtool(['query', ...parameters])
    expect(await queryTool(...parameters)).toEqual({ ...wanted, err: `narthex: ${wanted.err}` })
  })

  it.each(['native', 'classic', 'mixed'])('analyze, %s histograms', async (kind) => {
    const le = (bound: string, counts: readonly string[], more = {}) => ({
      metric: { __name__: 'm_bucket', le: bound, ...more },
      values: counts.map((count, at) => [at, count]),
    })
    const classic = [
      le('+Inf', ['3', '9', '9']),
      le('0.5', ['1', '2', '2']),
      le('10', ['1', '7', '9']),
      le('1', ['0', '1'], { job: 'a' }),
      { metric: { __name__: 'm_sum' }, values: [[1, '1']] },
    ]
    const native = [
      {
        metric: { __name__: 'n', a: 'b' },
        histograms: [
          [1, histogram],
          [2, { ...histogram, buckets: [[0, '7', '8', '1']] }],
        ],
      },
      {
        metric: { __name__: 'n' },
        histograms: [
          [1, histogram],
          [2, histogram],
        ],
      },
      { metric: { __name__: 'one' }, histograms: [[1, histogram]] },
    ]
    const result = { native, classic, mixed: [...classic, ...native] }[kind]
    const { url, asked } = await fake(envelope({ resultType: 'matrix', result }))
    const parameters = ['analyze', '--type=histogram', '--match=m', '--time=5', `--server=${url}`]
    const [wanted, found] = [
      await promtool(['query', ...parameters]),
      await queryTool(...parameters),
    ]
    const lines = (text: string) => text.split('\n').sort()
    expect({ ...found, out: lines(found.out) }).toEqual({ ...wanted, out: lines(wanted.out) })
    expect(asked[1]?.path).toEqual(asked[0]?.path)
  })
})

describe('narthex query', () => {
  it('prints strings, which promtool cannot read', async () => {
    const data = { resultType: 'string', result: [1700000000.5, 'text "<>"'] }
    const { url } = await fake(envelope(data))
    expect((await queryTool('instant', url, '"x"')).out).toBe('text "<>"\n')
    expect((await queryTool('instant', url, '"x"', '-o', 'json')).out).toBe(
      '[1700000000.5,"text \\"\\u003c\\u003e\\""]\n',
    )
  })

  it('rounds what lies in the middle to the even digit', async () => {
    const vector = [{ metric: {}, histogram: [1, { count: '1', sum: '0.0078125' }] }]
    const sums = await fake(envelope({ resultType: 'vector', result: vector }))
    expect((await queryTool('instant', sums.url, 'x')).out).toContain('Sum: 0.007812,')
    const bucket = (le: string, value: (at: number) => string) => ({
      metric: { __name__: 'm_bucket', le },
      values: Array.from({ length: 16 }, (_none, at) => [at, value(at)]),
    })
    const result = [bucket('1', () => '1'), bucket('+Inf', (at) => (at === 0 ? '2' : '1'))]
    const uses = await fake(envelope({ resultType: 'matrix', result }))
    const parameters = ['--type=histogram', '--match=m', '--time=5', `--server=${uses.url}`]
    expect((await queryTool('analyze', ...parameters)).out).toContain('(classic): 1/1.062/2\n')
  })

  it('a server that takes no POST is asked by GET', async () => {
    const methods: string[] = []
    const { host } = await pageServer((request, response) => {
      methods.push(request.method ?? '')
      if (request.method === 'POST') response.writeHead(405).end()
      else response.end(envelope({ resultType: 'scalar', result: [1, '2'] }))
    })
    expect(await queryTool('instant', host, 'up')).toEqual({
      code: 0,
      out: 'scalar: 2 @[1]\n',
      err: '',
    })
    expect(methods).toEqual(['POST', 'GET'])
  })

  it.each([
    [['instant', 'ftp://x', 'up'], /server.*URL/],
    [['instant', 'http://x'], /missing required argument 'expr'/],
    [['series', 'http://x'], /--match/],
    [['range', '--step=1d', 'http://x', 'up'], /step.*duration/],
    [['-o', 'yaml', 'instant', 'http://x', 'up'], /promql, json/],
  ])('%j is refused', async (parameters, words) => {
    await expect(queryTool(...parameters)).rejects.toThrow(words)
  })
})
