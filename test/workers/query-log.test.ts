import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import type { QueryOrigin } from '../../src/storage/query-runner.ts'
import { type FinishedQuery, QueryLog } from '../../src/workers/query-log.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'

const bounds = { timeoutMs: 1, lookbackMs: 1, samplesMax: 1, limit: 0 }

function finished(query: string, origin?: QueryOrigin, error?: string): FinishedQuery {
  const times = { startMs: 1_700_000_000_000, endMs: 1_700_000_060_000, stepMs: 15_500 }
  const from = origin === undefined ? {} : { origin }
  return {
    request: { kind: 'range', query, ...times, bounds, stats: 'none', ...from },
    statistics: {
      preparationMs: 0.5,
      evaluationMs: 2,
      sortMs: undefined,
      totalMs: 3,
      queuedMs: 1,
      samples: { looked: 7, read: 6, peak: 5, perStep: undefined },
    },
    error,
    tookMs: 3,
  }
}

function world() {
  const fileSystem = new SimFileSystem()
  const metrics = new MetricsRegistry()
  const clock = new SimClock()
  const log = new QueryLog({ fileSystem, clock, logger: silentLogger, metrics })
  const text = (path: string) => new TextDecoder().decode(fileSystem.readFile(path))
  return { fileSystem, metrics, log, text }
}

const stats =
  '"stats":{"timings":{"evalTotalTime":0.0025,"resultSortTime":0,"queryPreparationTime":0.0005,"innerEvalTime":0.002,"execQueueTime":0.001,"execTotalTime":0.004},"samples":{"totalQueryableSamples":7,"samplesRead":6,"peakSamples":5}}'
const head = '{"time":"2023-11-14T22:13:20.000Z","level":"INFO","msg":"promql query logged"'
const times = (query: string) =>
  `"params":{"end":"2023-11-14T22:14:20.000Z","query":"${query}","start":"2023-11-14T22:13:20.000Z","step":15}`
const span = '"spanID":"0000000000000000","traceID":"00000000000000000000000000000000"'

describe('the query log', () => {
  it('has a line for each query, with who asked, and the error where there was one', () => {
    const { log, text } = world()
    log.use('/q.log')
    log.log(
      finished('sum(up)', {
        kind: 'http',
        clientAddress: '10.0.0.1',
        method: 'GET',
        path: '/api/v1/query_range',
      }),
    )
    log.log(finished('a', { kind: 'rule', file: 'r.yml', group: 'g' }, 'bad'))
    log.log(finished('b'))
    expect(text('/q.log')).toBe(
      [
        `${head},${times('sum(up)')},${stats},${span},"httpRequest":{"clientIP":"10.0.0.1","method":"GET","path":"/api/v1/query_range"}}\n`,
        `${head},${times('a')},"error":"bad",${stats},${span},"ruleGroup":{"file":"r.yml","name":"g"}}\n`,
        `${head},${times('b')},${stats},${span}}\n`,
      ].join(''),
    )
  })

  it('tells times for which there are no dates in seconds', () => {
    const { log, text } = world()
    log.use('/q.log')
    const query = finished('far')
    const far = { startMs: 8.64e15, endMs: 8.64e15 + 1_500 }
    log.log({ ...query, request: { ...query.request, kind: 'range', ...far, stepMs: 1_000 } })
    const params =
      '"params":{"end":"8640000000001.5 s","query":"far","start":"+275760-09-13T00:00:00.000Z","step":1}'
    expect(text('/q.log')).toContain(params)
  })

  it('can be switched on, elsewhere and off while it runs, and its metric tells', () => {
    const { log, text, metrics } = world()
    log.log(finished('before'))
    log.use('/a.log')
    log.log(finished('one'))
    log.use('/b.log')
    log.log(finished('two'))
    expect(metrics.render()).toContain('prometheus_engine_query_log_enabled 1\n')
    log.use('')
    log.log(finished('after'))
    expect(metrics.render()).toContain('prometheus_engine_query_log_enabled 0\n')
    expect([text('/a.log'), text('/b.log')].map((page) => page.split('\n').length - 1)).toEqual([
      1, 1,
    ])
  })

  it('goes on in a new file when the old one was moved away, and at the start of one that was cut', () => {
    const { log, text, fileSystem } = world()
    log.use('/q.log')
    log.log(finished('one'))
    fileSystem.rename('/q.log', '/old.log')
    log.log(finished('two'))
    expect(text('/q.log')).toContain('"query":"two"')
    fileSystem.truncate('/q.log', 0)
    log.log(finished('three'))
    expect(text('/q.log').startsWith(head)).toBe(true)
    expect(text('/old.log')).toContain('"query":"one"')
  })

  it('a disk that does not take a line costs that line, and is counted', () => {
    const { log, text, metrics, fileSystem } = world()
    log.use('/q.log')
    fileSystem.faults.before = () => {
      throw new Error('no space')
    }
    log.log(finished('lost'))
    fileSystem.faults = {}
    log.log(finished('kept'))
    expect(text('/q.log')).toMatch(/^[^\n]*"kept"[^\n]*\n$/)
    expect(metrics.render()).toContain('prometheus_engine_query_log_failures_total 1\n')
  })
})
