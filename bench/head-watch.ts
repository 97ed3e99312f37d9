import { setTimeout as wait } from 'node:timers/promises'
import type { Running } from './contestants.ts'
import { addBetween, type Buckets, bucketsOf } from './pauses.ts'
import { ask } from './query-client.ts'

const hourMs = 3_600_000
/** A head of two-hour blocks is flushed once it spans more. */
const spanMsMax = 3 * hourMs

/**
 * Waits for a server to flush its head down to what it may span, and asks one heavy query after the
 * other meanwhile, so that one is under way when the head is truncated.
 */
export class HeadWatch {
  readonly #running: Running
  truncations = 0
  /** Truncations that a query was open across, from before to after. */
  heldAcross = 0
  /** The longest event-loop delay that the server told of, if it tells; not that of its start. */
  loopDelaySecondsMax = 0
  /** Delays of its event loop while its head was flushed, if it tells. */
  readonly delaysOfFlushes = new Map<number, number>()
  #isStarted = false

  constructor(running: Running) {
    this.#running = running
  }

  async settle(): Promise<void> {
    const metrics = await this.#metrics()
    this.truncations = of(metrics, 'prometheus_tsdb_head_truncations_total')
    if (spanOf(metrics) <= spanMsMax) return
    const delaysBefore = delaysOf(metrics)
    const deadlineMs = Date.now() + 300_000
    while (spanOf(await this.#metrics()) > spanMsMax) {
      if (Date.now() > deadlineMs) {
        throw new Error(`${this.#running.contestant.name} does not flush its head: void`)
      }
      const before = of(await this.#metrics(), 'prometheus_tsdb_head_min_time')
      await this.#heavyQuery()
      const after = of(await this.#metrics(), 'prometheus_tsdb_head_min_time')
      if (after > before) this.heldAcross++
      await wait(10)
    }
    const last = await this.#metrics()
    this.truncations = of(last, 'prometheus_tsdb_head_truncations_total')
    addBetween(this.delaysOfFlushes, delaysBefore, delaysOf(last))
  }

  /** The span of the head at its end, every series, so that it takes its time. */
  async #heavyQuery(): Promise<void> {
    const metrics = await this.#metrics()
    const endMs = of(metrics, 'prometheus_tsdb_head_max_time')
    const query = 'sum(count_over_time({cluster="eu-west-1"}[3h]))'
    await ask(this.#running, { query, startMs: endMs, endMs })
  }

  async #metrics(): Promise<ReadonlyMap<string, number>> {
    const response = await fetch(`${this.#running.url}/metrics`)
    const lines = (await response.text()).split('\n').filter((line) => !line.startsWith('#'))
    const metrics = new Map(
      lines.map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice(0, space), Number(line.slice(space + 1))]
      }),
    )
    const delay = metrics.get('nodejs_eventloop_lag_max_seconds') ?? 0
    if (this.#isStarted) this.loopDelaySecondsMax = Math.max(this.loopDelaySecondsMax, delay)
    this.#isStarted = true
    return metrics
  }

  /** Collections of the main thread since the start; none where the server does not tell. */
  async collections(): Promise<Buckets> {
    return bucketsOf(await this.#metrics(), 'nodejs_gc_duration_seconds')
  }
}

function delaysOf(metrics: ReadonlyMap<string, number>): Buckets {
  return bucketsOf(metrics, 'nodejs_eventloop_delay_seconds')
}

function spanOf(metrics: ReadonlyMap<string, number>): number {
  const end = of(metrics, 'prometheus_tsdb_head_max_time')
  return end - of(metrics, 'prometheus_tsdb_head_min_time')
}

function of(metrics: ReadonlyMap<string, number>, name: string): number {
  const value = metrics.get(name)
  if (value === undefined) throw new Error(`no metric ${name}: void`)
  return value
}
