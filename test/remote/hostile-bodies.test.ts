import fc from 'fast-check'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { createWriteKernel } from '../../src/kernels/writes.ts'
import { KernelBodies } from '../../src/remote/kernel-bodies.ts'
import { PlainBodies } from '../../src/remote/plain-bodies.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import type { WrittenBodies } from '../../src/remote/written-bodies.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'
import { cpuMsOf } from '../support/cpu-time.ts'
import { openDatabase } from '../support/open-database.ts'
import { bodyV2 } from '../support/remote-write-body-v2.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { exemplarWriteBody } from '../support/write-exemplars.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000
const headersOf = {
  v1: { contentType: 'application/x-protobuf', contentEncoding: 'snappy' },
  v2: {
    contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    contentEncoding: 'snappy',
  },
}

const bodies = {
  v1: snappyTwin.uncompress(
    exemplarWriteBody(
      Array.from({ length: 20 }, (_, n) => ({
        labels: { __name__: `metric_${n}`, instance: `host-${n}.example:9100`, job: 'node' },
        timestampMs: nowMs,
        exemplars: n % 3 === 0 ? [{ labels: { trace: 'x' }, value: n, timestampMs: nowMs }] : [],
      })),
    ),
    limits.httpRemoteWriteBytesMax,
  ),
  v2: snappyTwin.uncompress(
    bodyV2(
      ...Array.from({ length: 20 }, (_, n) => ({
        labels: ['__name__', `metric_${n}`, 'instance', `host-${n}.example:9100`, 'job', 'node'],
        samples: n % 4 === 3 ? [] : [[nowMs, n] as const],
        histograms: n % 4 === 3 ? [[nowMs, n] as const] : [],
        exemplars: n % 5 === 0 ? [[nowMs, n] as const] : [],
        metadata: [1, 'seconds'] as const,
      })),
    ),
    limits.httpRemoteWriteBytesMax,
  ),
}

let database: Database
let receiver: WriteReceiver

beforeEach(async () => {
  database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const metrics = new MetricsRegistry()
  receiver = new WriteReceiver({ appendable: database, logger: silentLogger, metrics })
})

const mutation = fc.record({
  version: fc.constantFrom('v1' as const, 'v2' as const),
  /** Of the bytes as they travel, else of what they are compressed from. */
  isOuter: fc.boolean(),
  changes: fc.array(
    fc.record({
      place: fc.double({ min: 0, max: 1, noNaN: true }),
      kind: fc.constantFrom('flip', 'cut', 'insert', 'remove', 'repeat'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})

type Change = { place: number; kind: string; bytes: Uint8Array }

function changed(body: Uint8Array, { place, kind, bytes }: Change): Uint8Array {
  const at = Math.floor(place * (body.length - 1))
  const [before, behind] = [body.subarray(0, at), body.subarray(at)]
  if (kind === 'cut') return before
  if (kind === 'insert') return Buffer.concat([before, bytes, behind])
  if (kind === 'remove') return Buffer.concat([before, behind.subarray(bytes.length)])
  if (kind === 'repeat') return Buffer.concat([before, behind.subarray(0, 40), behind])
  const flipped = body.slice()
  flipped[at] = (flipped[at] ?? 0) ^ (bytes[0] ?? 1)
  return flipped
}

describe('a body that somebody made to do harm', () => {
  it('is answered 204 or 400, keeps what it should, and costs the next one nothing: 10,000 mutated ones', async () => {
    const counts = new Map<string, number>()
    const property = fc.asyncProperty(mutation, async ({ version, isOuter, changes }) => {
      const body = bodies[version]
      const sent = isOuter
        ? changes.reduce(changed, snappyTwin.compress(body))
        : snappyTwin.compress(changes.reduce(changed, body))
      const before = database.stats().samplesAppended
      const { status, text, written } = await receiver.receive(sent, headersOf[version])
      const grown = database.stats().samplesAppended - before
      if (status !== 204) {
        expect(status).toBe(400)
        expect(text).not.toBe('')
        if (version === 'v1') expect(grown).toBe(0)
      }
      if (version === 'v2') {
        // Samples that are there already count as written, as upstream counts them.
        expect(grown).toBeLessThanOrEqual((written?.samples ?? 0) + (written?.histograms ?? 0))
      }
      const key = `${version} ${status}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    })
    await fc.assert(property, { numRuns: 10_000, seed: 25 })
    for (const key of ['v1 204', 'v1 400', 'v2 204', 'v2 400']) {
      expect(counts.get(key), key).toBeGreaterThan(200)
    }
    const labels = { __name__: 'after_all', job: 'node' }
    const good = exemplarWriteBody([{ labels, timestampMs: nowMs, exemplars: [] }])
    expect(await receiver.receive(good, headersOf.v1)).toEqual({ status: 204, text: '' })
    const entries = Object.entries(labels).flat()
    const later = bodyV2({ labels: entries, samples: [[nowMs + 1, 2]] })
    expect(await receiver.receive(later, headersOf.v2)).toMatchObject({ status: 204 })
  })

  it.each(['v1', 'v2'] as const)(
    'of version %s cut at any byte of 2 KiB is refused, or is a shorter one',
    async (version) => {
      const body = bodies[version]
      expect(body.length).toBeGreaterThan(1_500)
      for (let length = 0; length < body.length; length++) {
        const sent = snappyTwin.compress(body.subarray(0, length))
        const before = database.stats().samplesAppended
        const { status } = await receiver.receive(sent, headersOf[version])
        if (status === 204) continue
        expect(status).toBe(400)
        expect(database.stats().samplesAppended).toBe(before)
      }
    },
  )

  it.each(['v1', 'v2'] as const)(
    'of version %s that is groups in groups without end is refused',
    async (version) => {
      const sent = snappyTwin.compress(new Uint8Array(4 << 20).fill(0x53))
      const { status } = await receiver.receive(sent, headersOf[version])
      expect(status).toBe(400)
    },
  )
})

/** As much as a request may hold: 32 MiB of nearly 100,000 series and a million samples. */
function largestBody(): Uint8Array {
  const out = new ProtoWriter()
  for (let series = 0; series < 90_000; series++) {
    const message = out.begin(1)
    for (let label = 0; label < 6; label++) {
      const pair = out.begin(1)
      out.text(1, `label_${label}`)
      out.text(2, `value-${series}-${label}`)
      out.end(pair)
    }
    for (let sample = 0; sample < 11; sample++) {
      const pair = out.begin(2)
      out.double(1, series + sample)
      out.number(2, nowMs + sample)
      out.end(pair)
    }
    out.end(message)
  }
  return out.view().slice()
}

describe('the largest body', () => {
  it('is read within 400 ms of processor, by the kernel and by its twin', () => {
    const body = largestBody()
    expect(body.length / 2 ** 20).toBeGreaterThan(28)
    expect(body.length).toBeLessThan(limits.httpRemoteWriteBytesMax)
    const kernel = createWriteKernel(1e6)
    if (kernel === undefined) throw new Error('no kernel of writes')
    const readers: readonly WrittenBodies[] = [
      new KernelBodies(kernel, () => undefined),
      new PlainBodies(1e6),
    ]
    for (const reader of readers) {
      const read = () => expect(reader.read(body).columns.sampleCount).toBe(990_000)
      // Once for what compiling takes.
      const residentBefore = process.memoryUsage().rss
      read()
      expect((process.memoryUsage().rss - residentBefore) / 2 ** 20).toBeLessThan(128 + 32)
      expect(Math.min(cpuMsOf(read), cpuMsOf(read))).toBeLessThan(400)
    }
  })
})
