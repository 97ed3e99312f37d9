import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock, Timer } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { FinishedSpan, SpanSink } from '../base/tracer.ts'
import { plainHttp } from '../config/http-config.ts'
import type { TracingConfig } from '../config/tracing-config.ts'
import { failureText } from '../http/failure-text.ts'
import { GrpcError, grpcCall } from '../http/grpc-call.ts'
import { HttpClient } from '../http/http-client.ts'
import type { Resolver } from '../http/resolver.ts'
import { userAgent } from '../http/user-agent.ts'
import { type TraceResource, traceRequest } from '../wire/otlp-trace.ts'

export interface TraceExporterOptions {
  readonly config: TracingConfig
  readonly resource: TraceResource
  readonly fs: FileSystem
  readonly clock: Clock
  readonly resolver: Resolver
  readonly logger: Logger
  /** Is told of every span that was sent, or was given up. */
  readonly counted: (outcome: 'sent' | 'dropped', spans: number) => void
}

/** Statuses that OTLP says to try again. */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** canceled, deadline exceeded, resource exhausted, aborted, out of range, unavailable, data loss. */
const retryableCodes: ReadonlySet<number> = new Set([1, 4, 8, 10, 11, 14, 15])
const exportMethod = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const scope = 'narthex'

/** An answer that says no. */
class RefusedError extends Error {
  constructor(
    message: string,
    readonly isRetryable: boolean,
  ) {
    super(message)
  }
}

/**
 * Sends spans by OTLP over HTTP or gRPC (rows C8.1 to C8.3), batch after batch, each until it is
 * taken, refused, or a minute old. The queue is bounded: what comes while it is full is dropped and
 * counted. Protocol: close() once, which sends what is there for at most limits.traceCloseMs.
 */
export class TraceExporter implements SpanSink {
  readonly samplingFraction: number
  readonly #options: TraceExporterOptions
  readonly #client: HttpClient
  readonly #origin: string
  readonly #path: string
  #queue: FinishedSpan[] = []
  #timer: Timer | undefined
  #sending: Promise<void> | undefined
  #isClosed = false
  #isFailing = false

  constructor(options: TraceExporterOptions) {
    const { config, fs, clock, resolver } = options
    this.#options = options
    this.samplingFraction = config.samplingFraction
    const { origin, path } = endpointOf(config)
    this.#origin = origin
    this.#path = path
    const isGrpc = config.clientType === 'grpc'
    this.#client = new HttpClient({
      config: { ...plainHttp, tls: config.tls, followRedirects: false },
      fs,
      clock,
      resolver,
      assumesHttp2: isGrpc,
    })
  }

  take(span: FinishedSpan): void {
    if (this.#isClosed || this.#queue.length >= limits.traceQueueSpansMax) {
      this.#options.counted('dropped', 1)
      return
    }
    this.#queue.push(span)
    if (this.#sending !== undefined) return
    if (this.#queue.length >= limits.traceBatchSpans) this.#send()
    else this.#timer ??= this.#options.clock.after(limits.traceBatchMs, () => this.#send())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#sending === undefined) this.#send()
    const { clock } = this.#options
    await new Promise<void>((resolve) => {
      const late = clock.after(limits.traceCloseMs, resolve)
      void this.#sending?.then(() => {
        late.cancel()
        resolve()
      })
    })
    this.#client.close()
    await this.#sending
    this.#options.counted('dropped', this.#queue.splice(0).length)
  }

  #send(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined
      if (this.#queue.length > 0 && !this.#isClosed) {
        this.#timer ??= this.#options.clock.after(limits.traceBatchMs, () => this.#send())
      }
    })
  }

  async #sendAll(): Promise<void> {
    do {
      const batch = this.#queue.splice(0, limits.traceBatchSpans)
      if (batch.length > 0) await this.#sendBatch(batch)
    } while (this.#isClosed ? this.#queue.length > 0 : this.#queue.length >= limits.traceBatchSpans)
  }

  async #sendBatch(batch: readonly FinishedSpan[]): Promise<void> {
    const { clock, resource, logger, counted } = this.#options
    const body = traceRequest(resource, scope, batch)
    const endMs = clock.monotonicMs() + limits.traceRetryMs
    for (let waitMs: number = limits.traceRetryWaitMs; ; waitMs *= 2) {
      try {
        await this.#post(body)
        counted('sent', batch.length)
        this.#isFailing = false
        return
      } catch (thrown) {
        const mayRetry = !this.#isClosed && isRetryable(thrown)
        if (mayRetry && clock.monotonicMs() + waitMs < endMs) {
          await new Promise<void>((resolve) => clock.after(waitMs, resolve))
          continue
        }
        counted('dropped', batch.length)
        if (!this.#isFailing) {
          logger.error('Spans cannot be sent', { count: batch.length, err: failureText(thrown) })
        }
        this.#isFailing = true
        return
      }
    }
  }

  async #post(message: Uint8Array): Promise<void> {
    const { config } = this.#options
    const compresses = config.compression === 'gzip'
    const timeoutMs = config.timeoutMs || limits.traceTimeoutMs
    const headers = [...config.headers].flat()
    if (config.clientType === 'grpc') {
      const call = { origin: this.#origin, method: exportMethod, message, compresses }
      return await grpcCall(this.#client, { ...call, headers, timeoutMs })
    }
    const content = compresses ? await promisify(gzip)(message) : message
    const answer = await this.#client.send(this.#origin, {
      path: this.#path,
      headers: [
        ...['User-Agent', userAgent, ...headers],
        ...(compresses ? ['Content-Encoding', 'gzip'] : []),
      ],
      body: { contentType: 'application/x-protobuf', content },
      bodyBytesMax: limits.grpcAnswerBytesMax,
      timeoutMs,
    })
    const { status, statusText } = answer
    if (status >= 200 && status < 300) return
    throw new RefusedError(`HTTP status ${status} ${statusText}`, retryableStatuses.has(status))
  }
}

function isRetryable(thrown: unknown): boolean {
  if (thrown instanceof GrpcError) return retryableCodes.has(thrown.code)
  return thrown instanceof RefusedError ? thrown.isRetryable : true
}

/** `host:port`, or a URL whose scheme and path count. */
function endpointOf({ endpoint, insecure }: TracingConfig): { origin: string; path: string } {
  const isUrl = /^https?:\/\//.test(endpoint)
  const url = new URL(isUrl ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`)
  const isBare = url.pathname === '/' || url.pathname === ''
  return { origin: url.origin, path: isBare ? '/v1/traces' : url.pathname + url.search }
}
