import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'
import type { Notification } from './api-options.ts'
import { rfc3339 } from './rfc3339.ts'

/** Takes the JSON of a notification; answers false where it had no room. */
export type TakeNotification = (json: string) => boolean

/**
 * Tells subscribers of notifications that come and go (row A6.12). It looks for changes as long as
 * somebody listens.
 */
export class NotificationFeed {
  readonly #read: () => readonly Notification[]
  readonly #clock: Clock
  readonly #subscribersMax: number
  readonly #subscribers = new Set<TakeNotification>()
  readonly #sent: Counter
  readonly #dropped: Counter
  #known: readonly Notification[] = []
  #timer: Timer | undefined

  constructor(
    read: () => readonly Notification[],
    tools: {
      readonly clock: Clock
      readonly metrics: MetricsRegistry
      readonly subscribersMax: number
    },
  ) {
    this.#read = read
    this.#clock = tools.clock
    this.#subscribersMax = tools.subscribersMax
    const { metrics } = tools
    metrics.observed(
      'prometheus_api_notification_active_subscribers',
      'gauge',
      'The current number of active notification subscribers.',
      () => this.#subscribers.size,
    )
    this.#sent = metrics.counter(
      'prometheus_api_notification_updates_sent_total',
      'Total number of notification updates sent.',
    )
    this.#dropped = metrics.counter(
      'prometheus_api_notification_updates_dropped_total',
      'Total number of notification updates dropped.',
    )
  }

  /** What there is, as JSON has it. */
  now(): readonly object[] {
    return this.#read().map((one) => plain(one, true))
  }

  /** Tells what there is and then every change; undefined where too many listen already. */
  subscribe(take: TakeNotification): (() => void) | undefined {
    if (this.#subscribers.size >= this.#subscribersMax) return undefined
    this.#look()
    for (const one of this.#known) take(JSON.stringify(plain(one, true)))
    this.#subscribers.add(take)
    this.#timer ??= this.#clock.every(limits.notificationLookMs, () => this.#look())
    return () => {
      this.#subscribers.delete(take)
      if (this.#subscribers.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  #look(): void {
    const before = this.#known
    const found = [...this.#read()]
    this.#known = found
    for (const one of before) {
      if (!found.some(({ text }) => text === one.text)) this.#tell(one, false)
    }
    for (const one of found) {
      const isKnown = before.some(
        ({ text, sinceMs }) => text === one.text && sinceMs === one.sinceMs,
      )
      if (!isKnown) this.#tell(one, true)
    }
  }

  #tell(notification: Notification, active: boolean): void {
    const json = JSON.stringify(plain(notification, active))
    for (const take of this.#subscribers) {
      this.#sent.add()
      if (!take(json)) this.#dropped.add()
    }
  }
}

function plain({ text, sinceMs }: Notification, active: boolean): object {
  return { text, date: rfc3339(sinceMs), active }
}
