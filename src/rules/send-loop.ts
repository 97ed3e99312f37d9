import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Span, Tracer } from '../base/tracer.ts'
import { failureText } from '../http/failure-text.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { RequestUrl } from '../http/request-url.ts'
import { userAgent } from '../http/user-agent.ts'
import { alertsBody, type NotifiedAlert } from './notifier-alert.ts'
import { type NotifierMetrics, SendCounts } from './notifier-metrics.ts'

/** Flags --alertmanager.* (rows F1.35 and F1.36). */
export interface SendSettings {
  readonly queueCapacity: number
  readonly batchSize: number
  /** Whether what is queued is sent before the end. */
  readonly drains: boolean
}

export interface SendLoopOptions extends SendSettings {
  readonly url: RequestUrl
  readonly timeoutMs: number
  readonly client: HttpClient
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: NotifierMetrics
  readonly tracer: Tracer | undefined
}

/**
 * Sends alerts to one Alertmanager, batch after batch (row R5.1). The queue is bounded: the oldest
 * go first. A batch that fails is dropped and counted: rules tell their alerts again and again.
 */
export class SendLoop {
  readonly counts: SendCounts
  readonly #options: SendLoopOptions
  readonly #ended: Promise<void>
  #queue: NotifiedAlert[] = []
  #isStopped = false
  #wake: () => void = () => undefined

  constructor(options: SendLoopOptions) {
    this.#options = options
    this.counts = new SendCounts(options.url.text)
    this.#ended = this.#run()
  }

  add(alerts: readonly NotifiedAlert[]): void {
    if (this.#isStopped) return
    const { queueCapacity, logger } = this.#options
    const queue = this.#queue.concat(alerts)
    const over = queue.length - queueCapacity
    if (over > 0) {
      logger.warn('Alert notification queue full, dropping alerts', { count: over })
      this.counts.dropped += over
    }
    this.#queue = over > 0 ? queue.slice(over) : queue
    this.counts.queued = this.#queue.length
    this.#wake()
  }

  /**
   * Resolves when the last batch is sent, or the queue was given up: no batch begins after
   * limits.notificationDrainMs, so that one that hangs does not keep the server from ending.
   */
  async stop(): Promise<void> {
    const { drains, clock, logger, client, metrics } = this.#options
    const endMs = clock.monotonicMs() + (drains ? limits.notificationDrainMs : 0)
    this.#isStopped = true
    this.#wake()
    await this.#ended
    while (this.#queue.length > 0 && clock.monotonicMs() < endMs) await this.#sendBatch()
    const count = this.#queue.length
    if (count > 0) {
      logger.warn('Alert notification queue not drained on shutdown, dropping alerts', { count })
      this.counts.dropped += count
    }
    client.close()
    metrics.forget(this.counts)
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#queue.length > 0) await this.#sendBatch()
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  async #sendBatch(): Promise<void> {
    const { clock, logger, metrics, batchSize } = this.#options
    const batch = this.#queue.splice(0, batchSize)
    this.counts.queued = this.#queue.length
    const startedMs = clock.monotonicMs()
    const span = this.#options.tracer?.start('notify')?.set('alerts', batch.length)
    try {
      await this.#post(alertsBody(batch), span)
      metrics.took(this.counts, clock.monotonicMs() - startedMs)
      this.counts.sent += batch.length
    } catch (thrown) {
      logger.error('Error sending alerts', { count: batch.length, err: failureText(thrown) })
      this.counts.errors += batch.length
      this.counts.dropped += batch.length
      span?.fail(failureText(thrown))
    } finally {
      span?.end()
    }
  }

  async #post(body: string, span: Span | undefined): Promise<void> {
    const { url, client, timeoutMs } = this.#options
    if (url.fault !== undefined) throw new Error(url.fault)
    const answer = await client.send(url.origin, {
      path: url.path,
      headers: ['User-Agent', userAgent],
      body: { contentType: 'application/json', content: body },
      bodyBytesMax: limits.notificationAnswerBytesMax,
      // As upstream has it: whoever says 200 has taken the batch, whatever else it says.
      needsOnlyStatus: true,
      timeoutMs,
      span,
    })
    if (answer.status >= 200 && answer.status < 300) return
    throw new Error(`bad response status ${answer.status} ${answer.statusText}`)
  }
}
