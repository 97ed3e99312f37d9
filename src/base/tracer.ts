import { randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'

/** What says whose child a span is, on other threads and other servers, too. */
export interface TraceContext {
  /** 32 digits, in lower-case hexadecimal. */
  readonly traceId: string
  /** 16 digits. */
  readonly spanId: string
  readonly isSampled: boolean
  /** What vendors keep in the trace, the header `tracestate`: carried on as it came. */
  readonly state?: string
}

export type SpanKind = 'internal' | 'server' | 'client'
export type SpanValue = string | number | boolean

/** A span that has ended. Times are milliseconds since 1970, with fractions. */
export interface FinishedSpan {
  readonly context: TraceContext
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: SpanKind
  readonly startMs: number
  readonly endMs: number
  readonly attributes: readonly (readonly [name: string, value: SpanValue])[]
  /** What went wrong; undefined where nothing did. */
  readonly error: string | undefined
}

/** Who sends spans away. */
export interface SpanSink {
  /** Of traces that nobody began before us, so many are kept: 0 to 1. */
  readonly samplingFraction: number
  take(span: FinishedSpan): void
}

export interface SpanStart {
  readonly kind?: SpanKind
  readonly parent?: TraceContext | undefined
  /** By the wall clock; now where it is absent. */
  readonly startMs?: number
}

/**
 * Begins spans where tracing is configured (row O9); elsewhere there are none, and asking for one
 * costs a look at one field. Spans of a trace that is not sampled are told to nobody, but carry its
 * context on.
 */
export class Tracer {
  readonly #clock: Clock
  #sink: SpanSink | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** To whom spans go that begin from now on; undefined for nobody. */
  use(sink: SpanSink | undefined): void {
    this.#sink = sink
  }

  get isOn(): boolean {
    return this.#sink !== undefined
  }

  /** Undefined where tracing is off. */
  start(name: string, start: SpanStart = {}): Span | undefined {
    const sink = this.#sink
    return sink === undefined ? undefined : new Span(this.#clock, sink, name, start)
  }
}

/** Protocol: end() once. */
export class Span {
  readonly context: TraceContext
  readonly #clock: Clock
  readonly #sink: SpanSink
  readonly #name: string
  readonly #kind: SpanKind
  readonly #parentSpanId: string | undefined
  readonly #startMs: number
  readonly #attributes: (readonly [string, SpanValue])[] = []
  #error: string | undefined

  constructor(clock: Clock, sink: SpanSink, name: string, start: SpanStart) {
    const { kind = 'internal', parent, startMs = clock.wallMs() } = start
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex')
    const isSampled = parent?.isSampled ?? isSampledRoot(traceId, sink.samplingFraction)
    const state = parent?.state === undefined ? {} : { state: parent.state }
    this.context = { traceId, spanId: randomBytes(8).toString('hex'), isSampled, ...state }
    this.#clock = clock
    this.#sink = sink
    this.#name = name
    this.#kind = kind
    this.#parentSpanId = parent?.spanId
    this.#startMs = startMs
  }

  child(name: string, start: Omit<SpanStart, 'parent'> = {}): Span {
    return new Span(this.#clock, this.#sink, name, { ...start, parent: this.context })
  }

  set(name: string, value: SpanValue): this {
    if (this.context.isSampled) this.#attributes.push([name, value])
    return this
  }

  fail(message: string): this {
    this.#error = message
    return this
  }

  end(endMs = this.#clock.wallMs()): void {
    if (!this.context.isSampled) return
    this.#sink.take({
      context: this.context,
      parentSpanId: this.#parentSpanId,
      name: this.#name,
      kind: this.#kind,
      startMs: this.#startMs,
      // A clock that was stepped must not make time run backwards.
      endMs: Math.max(this.#startMs, endMs),
      attributes: this.#attributes,
      error: this.#error,
    })
  }
}

/** OpenTelemetry's TraceIdRatioBased, so that all servers decide alike: the last 63 bits of the id. */
function isSampledRoot(traceId: string, fraction: number): boolean {
  const high = Number.parseInt(traceId.slice(16, 24), 16)
  const low = Number.parseInt(traceId.slice(24), 16)
  return (high * 2 ** 32 + low) / 2 ** 64 < fraction
}

/** The header `traceparent` of W3C's Trace Context. */
export function traceparentOf({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

/** The headers that tell another server whose child its span is: name, value, name, value. */
export function traceHeadersOf(context: TraceContext): readonly string[] {
  const { state } = context
  const own = ['traceparent', traceparentOf(context)]
  return state === undefined ? own : [...own, 'tracestate', state]
}

const stateKey =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/
const stateValue = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/
const stateMembersMax = 32

/** A header `tracestate` as it may be carried on; undefined where it is absent or not one. */
function validState(header: string | undefined): string | undefined {
  const keys = new Set<string>()
  const members: string[] = []
  for (const part of (header ?? '').split(',', stateMembersMax * 2)) {
    const member = part.replace(/^[ \t]+/, '')
    if (member === '') continue
    const equals = member.indexOf('=')
    const [key, value] = [member.slice(0, equals), member.slice(equals + 1).trimEnd()]
    if (equals < 0 || keys.has(key) || !stateKey.test(key) || !stateValue.test(value)) {
      return undefined
    }
    keys.add(key)
    members.push(`${key}=${value}`)
  }
  return members.length === 0 || members.length > stateMembersMax ? undefined : members.join(',')
}

/**
 * What the headers `traceparent` and `tracestate` say; undefined where the first is absent or not
 * one. A state that is none is left out.
 */
export function parseTraceparent(
  header: string | undefined,
  stateHeader?: string,
): TraceContext | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    header ?? '',
  )
  if (match === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', rest] = match
  const isKnown = version !== 'ff' && (version !== '00' || rest === undefined)
  const isNothing = /^0+$/.test(traceId) || /^0+$/.test(spanId)
  if (!isKnown || isNothing) return undefined
  const state = validState(stateHeader)
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1
  return { traceId, spanId, isSampled, ...(state === undefined ? {} : { state }) }
}
