import type { FinishedSpan, SpanKind, SpanValue } from '../base/tracer.ts'
import { ProtoWriter } from './proto-writer.ts'

/** Attributes of who sends, by name. */
export type TraceResource = Readonly<Record<string, string>>

/** Numbers of the fields in opentelemetry/proto/trace/v1/trace.proto. */
const resourceSpans = { resource: 1, scopeSpans: 2 } as const
const scopeSpans = { scope: 1, spans: 2 } as const
const spanField = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTime: 7,
  endTime: 8,
  attributes: 9,
  status: 15,
  flags: 16,
} as const
const statusField = { message: 2, code: 3 } as const
const statusError = 2
const kindNumbers: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 }
/** Of common.proto. */
const keyValue = { key: 1, value: 2 } as const
const anyValue = { text: 1, flag: 2, whole: 3, double: 4 } as const

/** The body of an ExportTraceServiceRequest of OTLP. */
export function traceRequest(
  resource: TraceResource,
  scope: string,
  spans: readonly FinishedSpan[],
): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter(256 + spans.length * 256)
  const all = out.begin(1)
  const about = out.begin(resourceSpans.resource)
  for (const [name, value] of Object.entries(resource)) writeAttribute(out, 1, name, value)
  out.end(about)
  const scoped = out.begin(resourceSpans.scopeSpans)
  const named = out.begin(scopeSpans.scope)
  out.text(1, scope)
  out.end(named)
  for (const span of spans) writeSpan(out, span)
  out.end(scoped)
  out.end(all)
  return out.copy()
}

function writeSpan(out: ProtoWriter, span: FinishedSpan): void {
  const start = out.begin(scopeSpans.spans)
  const { context, parentSpanId, name, kind, startMs, endMs, attributes, error } = span
  out.bytes(spanField.traceId, Buffer.from(context.traceId, 'hex'))
  out.bytes(spanField.spanId, Buffer.from(context.spanId, 'hex'))
  if (context.state !== undefined) out.text(spanField.traceState, context.state)
  if (parentSpanId !== undefined) {
    out.bytes(spanField.parentSpanId, Buffer.from(parentSpanId, 'hex'))
  }
  out.text(spanField.name, name)
  out.number(spanField.kind, kindNumbers[kind])
  writeNanoseconds(out, spanField.startTime, startMs)
  writeNanoseconds(out, spanField.endTime, endMs)
  for (const [key, value] of attributes) writeAttribute(out, spanField.attributes, key, value)
  if (error !== undefined) {
    const status = out.begin(spanField.status)
    out.text(statusField.message, error)
    out.number(statusField.code, statusError)
    out.end(status)
  }
  // fixed32: the flags of the trace.
  out.varint(spanField.flags * 8 + 5)
  out.raw(Uint8Array.of(1, 0, 0, 0))
  out.end(start)
}

/** fixed64; BigInt, since nanoseconds since 1970 are beyond 2^53. */
function writeNanoseconds(out: ProtoWriter, field: number, timeMs: number): void {
  const bytes = new DataView(new ArrayBuffer(8))
  const wholeMs = Math.floor(timeMs)
  const nanoseconds = BigInt(wholeMs) * 1_000_000n + BigInt(Math.round((timeMs - wholeMs) * 1e6))
  bytes.setBigUint64(0, nanoseconds, true)
  out.varint(field * 8 + 1)
  out.raw(new Uint8Array(bytes.buffer))
}

function writeAttribute(out: ProtoWriter, field: number, key: string, value: SpanValue): void {
  const start = out.begin(field)
  out.text(keyValue.key, key)
  const held = out.begin(keyValue.value)
  if (typeof value === 'string') out.text(anyValue.text, value)
  else if (typeof value === 'boolean') out.number(anyValue.flag, value ? 1 : 0)
  else if (Number.isSafeInteger(value)) out.number(anyValue.whole, value)
  else out.double(anyValue.double, value)
  out.end(held)
  out.end(start)
}
