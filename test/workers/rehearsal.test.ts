import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { limits } from '../../src/base/limits.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { controlWords, type HostChannel, type ToWorker } from '../../src/workers/protocol.ts'
import { QueryHost } from '../../src/workers/query-host.ts'
import { rehearsal, rehearsedLookups, rehearsedQueries } from '../../src/workers/rehearsal.ts'
import { rehearsalHead } from '../../src/workers/rehearsal-head.ts'
import { RehearsalStage } from '../../src/workers/rehearsal-stage.ts'
import { nextCollection } from '../base/next-collection.ts'
import { dataDirectory, newDisk } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'

const start = {
  dataDirectory,
  engine: defaultEngineFlags,
  mayShare: true,
  beat: new SharedArrayBuffer(4),
}
const hostOptions = { clock: new SimClock(), fileSystem: newDisk(), start }

/** What hosts of rehearsals are asked and answer; the answers with all that was streamed. */
async function asked(rounds: number) {
  const requests: ToWorker[] = []
  const answers: { body: string; coding: string | undefined }[] = []
  let pieces: Uint8Array[] = []
  let coding: string | undefined
  const newHost = (channel: HostChannel) => {
    const host = new QueryHost({
      ...hostOptions,
      channel: {
        send(message, transfer) {
          if (message.kind === 'reply' && message.reply.ok) {
            pieces = message.reply.body.map((piece) => piece.slice())
            coding = message.reply.coding
          }
          if (message.kind === 'piece') pieces.push(message.piece.slice())
          channel.send(message, transfer)
        },
      },
    })
    return {
      async receive(message: ToWorker) {
        await host.receive(message)
        if (message.kind !== 'query') return
        requests.push(message)
        const bytes = Buffer.concat(pieces)
        answers.push({ body: String(coding === 'gzip' ? gunzipSync(bytes) : bytes), coding })
      },
    }
  }
  let ran = 0
  for await (const _part of rehearsal(newHost, rounds)) ran++
  return { ran, requests, answers }
}

describe('the rehearsal of a query worker', () => {
  it('has queries that all answer with series', async () => {
    const { answers } = await asked(1)
    for (const [at, query] of rehearsedQueries.entries()) {
      for (const { body } of answers.slice(at * 2, at * 2 + 2)) {
        expect(body, query).toMatch(/"result":\[\{"metric":/)
      }
    }
  })

  it('has lookups that all find something, some of them so much that it is compressed', async () => {
    const { answers } = await asked(1)
    const lookups = answers.slice(rehearsedQueries.length * 2)
    expect(lookups).toHaveLength(rehearsedLookups.length)
    const counts = lookups.map(({ body }) => JSON.parse(body).data.length)
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(counts.filter((count) => count === 2_500)).toHaveLength(3)
    expect(lookups.filter(({ coding }) => coding === 'gzip').length).toBeGreaterThan(3)
  })

  it('asks a host as the main thread does, of a head that is read as the database is', async () => {
    const { requests } = await asked(1)
    for (const message of requests) {
      assert(message.kind === 'query')
      expect(Object.keys(message.update)).toEqual(['head'])
      expect(message.control.byteLength).toBe(controlWords * 4)
    }
  })

  it('tells its host things of the shapes that the main thread would, for which code is compiled', async () => {
    const told: ToWorker[] = []
    const newHost = (channel: HostChannel) => {
      const host = new QueryHost({ ...hostOptions, channel })
      return {
        receive: (message: ToWorker) => {
          told.push(message)
          return host.receive(message)
        },
      }
    }
    for await (const _part of rehearsal(newHost, 1));
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['query', 'snapshot']))
    const isSameMap = sameMapTeller()
    for (const message of told)
      expect(otherShapes(message, received(message), isSameMap)).toEqual([])
  })

  it('runs every query and lookup in every round, and nothing that is not asked for', async () => {
    const parts = rehearsedQueries.length + rehearsedLookups.length
    expect((await asked(2)).ran).toBe(2 * parts)
    let received = 0
    const newHost = (channel: HostChannel) => {
      const host = new QueryHost({ ...hostOptions, channel })
      return {
        receive: (message: ToWorker) => {
          if (message.kind === 'query') received++
          return host.receive(message)
        },
      }
    }
    const steps = rehearsal(newHost, 2)
    for (let step = 1; step <= 3; step++) {
      await steps.next()
      expect(received).toBe(step * 2)
    }
  })

  it('leaves no garbage to a worker that has nothing to do behind it', async () => {
    const { clock, failures } = rehearsing(({ grant }) => grant())
    const first = nextCollection()
    await clock.advance(limits.rehearsalDelayMs)
    await first
    const second = nextCollection()
    await clock.advance(limits.rehearsedMs)
    await second
    expect(failures).toEqual([])
  })

  it('gives way to a query of its worker, and goes on behind it when there is time to spare', async () => {
    const grants: (() => void)[] = []
    const { clock, failures, stage } = rehearsing(({ grant }) => grants.push(grant))
    const done = nextCollection()
    await clock.advance(limits.rehearsalDelayMs)
    expect(grants).toHaveLength(1)
    grants[0]?.()
    const bounds = { timeoutMs: 10_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }
    const request = { kind: 'instant', query: '1', timeMs: 0, bounds, stats: 'none' } as const
    expect(await stage.ask(request)).toMatchObject({ ok: true })
    while (grants.length < 2) {
      await clock.advance(limits.rehearsalQuietMs)
      await turn()
    }
    grants[1]?.()
    await done
    expect(grants).toHaveLength(2)
    expect(failures).toEqual([])
  })
})

/** A worker's host that rehearses, and what stands in the main thread's place; `asked` hears when it asks for time. */
function rehearsing(asked: (how: { readonly grant: () => void }) => void) {
  const clock = new SimClock()
  const failures: unknown[] = []
  const stage = new RehearsalStage(rehearsalHead(), (channel) => {
    const send: HostChannel['send'] = (message, transfer) => {
      if (message.kind !== 'spare-time') channel.send(message, transfer)
      else asked({ grant: () => void host.receive({ kind: 'spare-time' }) })
    }
    const host = new QueryHost({ ...hostOptions, clock, channel: { send } })
    host.rehearseSoon(clock, (thrown) => failures.push(thrown))
    return host
  })
  return { clock, failures, stage }
}

/** What another thread would have received. */
function received(message: ToWorker): object {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(message)
  const { message: arrived } = receiveMessageOnPort(port2) ?? {}
  port1.close()
  return Object(arrived)
}

/** Where V8 has other hidden classes for one than for the other. */
function otherShapes(
  one: object,
  other: object,
  isSameMap: (one: object, other: object) => boolean,
  path = '',
): readonly string[] {
  const within = Object.entries(one).flatMap(([name, value]) => {
    const isPlain = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
    const there = Object(Reflect.get(other, name))
    return isPlain ? otherShapes(value, there, isSameMap, `${path}.${name}`) : []
  })
  return isSameMap(one, other) ? within : [path, ...within]
}

function sameMapTeller(): (one: object, other: object) => boolean {
  setFlagsFromString('--allow-natives-syntax')
  onTestFinished(() => setFlagsFromString('--no-allow-natives-syntax'))
  return runInThisContext('(one, other) => %HaveSameMap(one, other)')
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
