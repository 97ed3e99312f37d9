import { createServer } from 'node:http'
import {
  createServer as createPlainServer,
  createSecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { onTestFinished } from 'vitest'
import { certificateText } from './certificate.ts'

/** What opentelemetry-proto 1 says, as far as it is sent. */
const { root } = protobuf.parse(`
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
  string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; Status status = 15; fixed32 flags = 16;
}
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string text = 1; bool flag = 2; int64 whole = 3; double double = 4; } }
`)

export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders
  readonly path: string
  /** As protobufjs prints it: 64-bit integers as text, bytes in hexadecimal. */
  readonly message: ReceivedMessage
}

interface ReceivedMessage {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly object[] }
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[]
  }[]
}

export interface ReceivedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

export interface TraceReceiver {
  readonly port: number
  readonly requests: ReceivedRequest[]
  readonly spans: () => readonly ReceivedSpan[]
}

function decoded(body: Uint8Array): ReceivedMessage {
  const type = root.lookupType('Request')
  const message = type.toObject(type.decode(body), { longs: String, bytes: Array })
  return JSON.parse(
    JSON.stringify(message, (key, value) =>
      /Id$/.test(key) && Array.isArray(value) ? Buffer.from(value).toString('hex') : value,
    ),
  )
}

/** A collector of OTLP over HTTP or gRPC that answers the statuses in turn, and then that all is well. */
export async function traceReceiver(
  speaks: 'http' | 'grpc' | 'grpc with TLS',
  statuses: number[] = [],
): Promise<TraceReceiver> {
  const requests: ReceivedRequest[] = []
  const secure = () =>
    createSecureServer({ key: certificateText('server.key'), cert: certificateText('server.pem') })
  const server =
    speaks === 'http'
      ? createServer()
      : speaks === 'grpc'
        ? createPlainServer()
        : (secure() as unknown as Http2Server)
  server.on('request', (request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const raw = Buffer.concat(pieces)
      const { headers, url = '' } = request
      const status = statuses.shift() ?? 0
      if (speaks === 'http') {
        const body = headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
        requests.push({ headers, path: url, message: decoded(body) })
        response.writeHead(status === 0 ? 200 : status)
        response.end()
        return
      }
      const content = raw.subarray(5)
      if (raw.readUInt32BE(1) !== content.length) throw new Error('not one gRPC frame')
      const message = decoded(raw[0] === 1 ? gunzipSync(content) : content)
      requests.push({ headers, path: url, message })
      if (status > 0) {
        response.writeHead(200, { 'grpc-status': String(status), 'grpc-message': 'not%20now' })
        response.end()
        return
      }
      response.writeHead(200, { 'content-type': 'application/grpc' })
      if ('addTrailers' in response) response.addTrailers({ 'grpc-status': '0' })
      response.end(Buffer.alloc(5))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  const spans = () =>
    requests.flatMap(({ message }) =>
      message.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    )
  return { port: (server.address() as AddressInfo).port, requests, spans }
}
