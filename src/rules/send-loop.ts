import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { HttpClient } from '../http/http-client.ts'
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
  readonly url: string
  readonly timeoutMs: number
  readonly client: HttpClient
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: NotifierMetrics
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
    this.counts = new SendCounts(options.url)
    this.#ended = this.#run()
  }

  add(alerts: readonly NotifiedAlert[]): void {
    if (this.#isStopped) return
    const { queueCapacity, logger } = this.#options
    this.#queue.push(...alerts)
    const over = this.#queue.length - queueCapacity
    if (over > 0) {
      logger.warn('Alert notification queue full, dropping alerts', { count: over })
      this.counts.dropped += over
      this.#queue = this.#queue.slice(over)
    }
    this.counts.queued = this.#queue.length
    this.#wake()
  }

  /** Resolves when the last batch is sent, or the queue was given up. */
  async stop(): Promise<void> {
    const { drains, logger, client, metrics } = this.#options
    this.#isStopped = true
    this.#wake()
    await this.#ended
    if (!drains && this.#queue.length > 0) {
      const count = this.#queue.length
      logger.warn('Alert notification queue not drained on shutdown, dropping alerts', { count })
      this.counts.dropped += count
    }
    while (drains && this.#queue.length > 0) await this.#sendBatch()
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
    try {
      await this.#post(alertsBody(batch))
      metrics.took(this.counts, clock.monotonicMs() - startedMs)
      this.counts.sent += batch.length
    } catch (thrown) {
      logger.error('Error sending alerts', { count: batch.length, err: messageOf(thrown) })
      this.counts.errors += batch.length
      this.counts.dropped += batch.length
    }
  }

  async #post(body: string): Promise<void> {
    const { url, client, timeoutMs } = this.#options
    const { origin, pathname, search } = new URL(url)
    const answer = await client.send(origin, {
      path: pathname + search,
      headers: ['User-Agent', userAgent],
      body: { contentType: 'application/json', content: body },
      bodyBytesMax: limits.notificationAnswerBytesMax,
      timeoutMs,
    })
    if (answer.status >= 200 && answer.status < 300) return
    throw new Error(`bad response status ${answer.status} ${answer.statusText}`)
  }
}
