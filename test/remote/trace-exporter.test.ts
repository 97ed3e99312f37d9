import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import type { FinishedSpan } from '../../src/base/tracer.ts'
import { plainTls } from '../../src/config/tls-config.ts'
import type { TracingConfig } from '../../src/config/tracing-config.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { TraceExporter } from '../../src/remote/trace-exporter.ts'
import { certificateText } from '../support/certificate.ts'
import { traceReceiver } from '../support/trace-receiver.ts'

const span: FinishedSpan = {
  context: { traceId: '0123456789abcdef'.repeat(2), spanId: '00112233445566ff', isSampled: true },
  parentSpanId: 'aabbccddeeff0011',
  name: 'HTTP GET',
  kind: 'client',
  startMs: 1_700_000_000_000.25,
  endMs: 1_700_000_000_002,
  attributes: [
    ['url', 'http://a/'],
    ['status', 503],
    ['ratio', 0.5],
    ['is_late', true],
  ],
  error: 'status 503',
}

function exporter(changes: Partial<TracingConfig>) {
  const counts = { sent: 0, dropped: 0 }
  const made = new TraceExporter({
    config: {
      clientType: 'http',
      endpoint: '',
      samplingFraction: 1,
      insecure: true,
      tls: plainTls,
      headers: new Map(),
      compression: '',
      timeoutMs: 0,
      printed: [],
      ...changes,
    } as TracingConfig,
    resource: { 'service.name': 'prometheus' },
    fs: nodeFileSystem,
    clock: systemClock,
    resolver: new Resolver({ fs: nodeFileSystem, clock: systemClock }),
    logger: silentLogger,
    counted: (outcome, spans) => {
      counts[outcome] += spans
    },
  })
  onTestFinished(() => made.close())
  return { exporter: made, counts }
}

it('a span arrives with everything that it says', async () => {
  const receiver = await traceReceiver('http')
  const { exporter: traces, counts } = exporter({ endpoint: `127.0.0.1:${receiver.port}` })
  traces.take(span)
  await traces.close()
  expect(counts).toEqual({ sent: 1, dropped: 0 })
  const [{ path, headers, message } = { path: '', headers: {}, message: undefined }] =
    receiver.requests
  expect([path, headers['content-type']]).toEqual(['/v1/traces', 'application/x-protobuf'])
  expect(message).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { text: 'prometheus' } }] },
        scopeSpans: [
          {
            scope: { name: 'narthex' },
            spans: [
              {
                traceId: '0123456789abcdef'.repeat(2),
                spanId: '00112233445566ff',
                parentSpanId: 'aabbccddeeff0011',
                name: 'HTTP GET',
                kind: 3,
                startTimeUnixNano: '1700000000000250000',
                endTimeUnixNano: '1700000000002000000',
                attributes: [
                  { key: 'url', value: { text: 'http://a/' } },
                  { key: 'status', value: { whole: '503' } },
                  { key: 'ratio', value: { double: 0.5 } },
                  { key: 'is_late', value: { flag: true } },
                ],
                status: { message: 'status 503', code: 2 },
                flags: 1,
              },
            ],
          },
        ],
      },
    ],
  })
})

const tls = { ...plainTls, ca: certificateText('authority.pem'), serverName: 'localhost' }

it.each([
  ['http', {}],
  ['http', { compression: 'gzip' }],
  ['grpc', {}],
  ['grpc', { compression: 'gzip' }],
  ['grpc with TLS', { insecure: false, tls }],
] as const)('%s with %j sends the spans and the configured headers', async (speaks, changes) => {
  const receiver = await traceReceiver(speaks)
  const { exporter: traces, counts } = exporter({
    clientType: speaks === 'http' ? 'http' : 'grpc',
    endpoint: `127.0.0.1:${receiver.port}`,
    headers: new Map([['x-tenant', 'one']]),
    ...changes,
  })
  for (let count = 0; count < limits.traceBatchSpans + 1; count++) traces.take(span)
  await traces.close()
  expect(counts).toEqual({ sent: limits.traceBatchSpans + 1, dropped: 0 })
  expect(receiver.spans()).toHaveLength(limits.traceBatchSpans + 1)
  expect(receiver.requests.map(({ headers }) => headers['x-tenant'])).toEqual(['one', 'one'])
})

it('a batch that may be tried again is, and one that is refused is dropped', async () => {
  const grpc = await traceReceiver('grpc', [14, 3])
  const { exporter: traces, counts } = exporter({
    clientType: 'grpc',
    endpoint: `127.0.0.1:${grpc.port}`,
  })
  for (let count = 0; count < limits.traceBatchSpans; count++) traces.take(span)
  await expect.poll(() => counts.dropped, { timeout: 10_000 }).toBe(limits.traceBatchSpans)
  expect(grpc.requests).toHaveLength(2)
  const http = await traceReceiver('http', [503])
  const other = exporter({ endpoint: `http://127.0.0.1:${http.port}/other/traces` })
  for (let count = 0; count < limits.traceBatchSpans; count++) other.exporter.take(span)
  await expect.poll(() => other.counts.sent, { timeout: 10_000 }).toBe(limits.traceBatchSpans)
  expect(http.requests.map(({ path }) => path)).toEqual(['/other/traces', '/other/traces'])
})

it('while the collector is away the queue is bounded, and the end does not wait for it', async () => {
  const receiver = await traceReceiver('http')
  const { exporter: traces, counts } = exporter({ endpoint: '127.0.0.1:1' })
  const spans = limits.traceQueueSpansMax + limits.traceBatchSpans + 100
  for (let count = 0; count < spans; count++) traces.take(span)
  expect(counts.dropped).toBe(100)
  await traces.close()
  expect(counts).toEqual({ sent: 0, dropped: spans })
  expect(receiver.requests).toEqual([])
})
