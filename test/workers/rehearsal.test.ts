import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { limits } from '../../src/base/limits.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { controlWords, type HostChannel, type ToWorker } from '../../src/workers/protocol.ts'
import { QueryHost } from '../../src/workers/query-host.ts'
import { rehearse, rehearsedLookups, rehearsedQueries } from '../../src/workers/rehearsal.ts'
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
  const ran = await rehearse(newHost, rounds, () => false)
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

  it('runs every query and lookup in every round, and none once there is something else to do', async () => {
    const parts = rehearsedQueries.length + rehearsedLookups.length
    expect((await asked(2)).ran).toBe(2 * parts)
    const newHost = (channel: HostChannel) => new QueryHost({ ...hostOptions, channel })
    let questions = 0
    expect(await rehearse(newHost, 2, () => ++questions > 3)).toBe(3)
  })

  it('leaves no garbage to a worker that has nothing to do behind it', async () => {
    const clock = new SimClock()
    const host = new QueryHost({ ...hostOptions, clock, channel: { send: () => undefined } })
    const failures: unknown[] = []
    host.rehearseSoon(clock, (thrown) => failures.push(thrown))
    const first = nextCollection()
    await clock.advance(limits.rehearsalDelayMs)
    await first
    const second = nextCollection()
    await clock.advance(limits.rehearsedMs)
    await second
    expect(failures).toEqual([])
  })
})
