import { describe, expect, it } from 'vitest'
import { HttpMetrics } from '../../src/api/http-metrics.ts'
import { rehearsedRequests, rehearseHttp } from '../../src/api/http-rehearsal.ts'
import { systemClock } from '../../src/base/clock.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import type { QueryRequest, QueryRunner } from '../../src/storage/query-runner.ts'
import { apiOptions } from '../support/api-server.ts'

const always = { wait: async () => undefined }
const idle = { isIdle: () => true, isOver: () => false, spareTime: always }
const body = [new TextEncoder().encode('{"status":"success","data":[]}')]

/** A runner that knows nothing, and tells what it was asked. */
function listening(): { readonly runner: QueryRunner; readonly asked: QueryRequest[] } {
  const asked: QueryRequest[] = []
  const run = async (request: QueryRequest) => {
    asked.push(request)
    return { ok: true, body } as const
  }
  return { runner: { run }, asked }
}

describe('the rehearsal of HTTP', () => {
  it('has every request answered in every round, and asks the workers for lookups alone', async () => {
    const { runner, asked } = listening()
    const options = apiOptions({ clock: systemClock, runner: () => runner })
    const sent = await rehearseHttp(options, 3, idle)
    expect(sent).toBe(rehearsedRequests.length * 3)
    expect(new Set(asked.map(({ kind }) => kind))).toEqual(
      new Set(['label-names', 'label-values', 'series']),
    )
  })

  it('is neither counted nor logged', async () => {
    const { runner } = listening()
    const metrics = new MetricsRegistry()
    const httpMetrics = new HttpMetrics(metrics)
    const before = JSON.stringify(metrics.families())
    const options = apiOptions({ metrics, httpMetrics, clock: systemClock, runner: () => runner })
    await rehearseHttp({ ...options, accessLog: true }, 1, idle)
    expect(JSON.stringify(metrics.families())).toBe(before)
  })

  it('ends with the first request that is refused, and when it is over', async () => {
    const refusing: QueryRunner = {
      run: async () => ({ ok: false, errorType: 'canceled', message: 'the server is closing' }),
    }
    const options = apiOptions({ clock: systemClock, runner: () => refusing })
    expect(await rehearseHttp(options, 3, idle)).toBe(0)
    expect(await rehearseHttp(options, 3, { ...idle, isOver: () => true })).toBe(0)
  })

  it('waits while the workers are busy, however long, and looks when there is time to spare', async () => {
    const { runner, asked } = listening()
    const askedByLook: number[] = []
    let waits = 0
    const spareTime = {
      wait: async () => {
        waits++
      },
    }
    const isIdle = () => askedByLook.push(asked.length) > 200
    const options = apiOptions({ clock: systemClock, runner: () => runner })
    const rehearsal = rehearseHttp(options, 1, { ...idle, isIdle, spareTime })
    expect(await rehearsal).toBe(rehearsedRequests.length)
    expect(askedByLook.slice(0, 202)).toEqual([...Array(201).fill(0), 1])
    // Before the round, and behind every look that found them busy.
    expect(waits).toBe(1 + 200)
  })

  it('begins no round before the thread has time to spare', async () => {
    const { runner, asked } = listening()
    const askedByRound: number[] = []
    const spareTime = {
      wait: async () => {
        askedByRound.push(asked.length)
      },
    }
    const options = apiOptions({ clock: systemClock, runner: () => runner })
    await rehearseHttp(options, 3, { ...idle, spareTime })
    const ofRound = asked.length / 3
    expect(askedByRound).toEqual([0, ofRound, ofRound * 2])
  })
})
