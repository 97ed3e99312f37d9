import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { plainHttp } from '../../src/config/http-config.ts'
import { deadlineAfter } from '../../src/http/deadline.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { keepBusy, otherThreadServer } from '../support/other-thread-server.ts'

function client(): HttpClient {
  const made = new HttpClient({
    config: plainHttp,
    fs: nodeFileSystem,
    clock: systemClock,
    resolver: new Resolver({ fs: nodeFileSystem, clock: systemClock }),
  })
  onTestFinished(() => made.close())
  return made
}

const request = { path: '/', headers: [], bodyBytesMax: 1_000, timeoutMs: 60 }

describe('the deadline of a request', () => {
  it('does not count against an answer that came while this process was busy', async () => {
    const origin = await otherThreadServer()
    const http = client()
    await http.send(origin, { ...request, timeoutMs: 10_000 })
    const answer = http.send(origin, request)
    keepBusy(150)
    expect((await answer).status).toBe(200)
  })

  it('nor against one that needs several turns of a busy process', async () => {
    const origin = await otherThreadServer()
    const answer = client().send(origin, request)
    const busy = setInterval(() => keepBusy(40), 1)
    onTestFinished(() => clearInterval(busy))
    keepBusy(80)
    expect((await answer).status).toBe(200)
  })

  it('holds for a server that says nothing, busy or not', async () => {
    const origin = await otherThreadServer()
    const http = client()
    const silent = { ...request, path: '/silent' }
    const answer = http.send(origin, silent)
    keepBusy(150)
    await expect(answer).rejects.toThrow('context deadline exceeded')
    await expect(http.send(origin, silent)).rejects.toThrow('context deadline exceeded')
  })

  it('is to the millisecond where nothing is late, and can be taken back', async () => {
    const clock = new SimClock()
    const fired: number[] = []
    deadlineAfter(clock, 1_000, () => fired.push(clock.monotonicMs()))
    deadlineAfter(clock, 500, () => fired.push(clock.monotonicMs())).cancel()
    await clock.advance(5_000)
    expect(fired).toEqual([1_000])
  })
})
