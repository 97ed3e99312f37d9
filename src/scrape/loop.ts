import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Span, Tracer } from '../base/tracer.ts'
import type { ScrapeConfig } from '../config/config.ts'
import type { ScrapeFailureLogs } from './failure-logs.ts'
import type { FetchedPage, PageFetcher } from './fetch.ts'
import { ScrapeSchedule } from './schedule.ts'
import { ScrapeFault } from './scrape-fault.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import type { Target } from './target.ts'
import type { TargetHealth } from './target-state.ts'
import type { TargetWriter } from './target-writer.ts'

export interface LoopOptions {
  readonly target: Target
  readonly config: ScrapeConfig
  readonly fetcher: PageFetcher
  readonly writer: TargetWriter
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ScrapeMetrics
  readonly failureLogs: ScrapeFailureLogs
  readonly alignMs: number
  readonly tracer: Tracer | undefined
  /** Milliseconds after the interval's start, by the wall clock, at which it is scraped. */
  readonly offsetMs: number
  /** The loop that this one takes over from: its last scrape ends before the first of this one. */
  readonly before?: ScrapeLoop | undefined
}

export interface LoopState {
  readonly health: TargetHealth
  readonly lastError: string
  readonly lastScrapeMs: number
  readonly lastScrapeDurationSeconds: number
}

const neverScraped: LoopState = {
  health: 'unknown',
  lastError: '',
  lastScrapeMs: 0,
  lastScrapeDurationSeconds: 0,
}

/**
 * The scrapes of one target, one after the other: fetch, then everything else in one turn of the
 * event loop. Protocol: start() once; finish() at most once; stop() at the end.
 */
export class ScrapeLoop {
  state: LoopState = neverScraped
  /** Set where no scrape may succeed, such as over the target limit. */
  forcedFault: ScrapeFault | undefined
  readonly target: Target
  readonly writer: TargetWriter
  readonly #options: LoopOptions
  readonly #schedule: ScrapeSchedule
  #isStopped = false
  #timer: Timer | undefined
  #isScraping = false
  #onFinished: (() => void) | undefined
  #lastStartMs: number | undefined
  #before: ScrapeLoop | undefined

  constructor(options: LoopOptions) {
    this.#options = options
    this.target = options.target
    this.writer = options.writer
    this.#before = options.before
    const { alignMs, clock, offsetMs, target } = options
    const intoIntervalMs = clock.wallMs() % target.intervalMs
    const waitMs = (offsetMs - intoIntervalMs + target.intervalMs) % target.intervalMs
    this.#schedule = new ScrapeSchedule(target.intervalMs, clock.monotonicMs() + waitMs, alignMs)
  }

  /** The job's, by which it was made. */
  get config(): ScrapeConfig {
    return this.#options.config
  }

  start(): void {
    this.#arm()
  }

  /** Whether a scrape of the target is under way, be it one of the loop before. */
  get isBusy(): boolean {
    if (this.#before?.isBusy !== true) this.#before = undefined
    return this.#isScraping || this.#before !== undefined
  }

  /** No scrape starts after this; one that is under way ends as it would have, and then it is done. */
  finish(done: () => void): void {
    this.#timer?.cancel()
    this.#onFinished = () => {
      this.stop()
      done()
    }
    if (!this.#isScraping) this.#onFinished()
  }

  /** No scrape starts or ends after this; what was under way leaves nothing behind. */
  stop(): void {
    this.#timer?.cancel()
    this.#isStopped = true
    this.#options.fetcher.close()
  }

  /**
   * After finish(), for a target that is gone for good: two intervals and a bit later, when another
   * target may have taken its series over, marks them stale as of the first missed scrape (S2.7).
   */
  markStaleLater(done: () => void): Timer {
    const { clock, target } = this.#options
    let timer = clock.after(this.#schedule.delayMs(clock.monotonicMs()), () => {
      const staleMs = Math.round(clock.wallMs())
      timer = clock.after(target.intervalMs * 1.1, () => {
        if (this.#lastStartMs !== undefined) this.writer.writeStale(staleMs)
        done()
      })
    })
    return { cancel: () => timer.cancel() }
  }

  #arm(): void {
    const { clock } = this.#options
    this.#timer = clock.after(this.#schedule.delayMs(clock.monotonicMs()), () => this.#tick())
  }

  #tick(): void {
    this.#schedule.advance(this.#options.clock.monotonicMs())
    this.#arm()
    // A scrape that runs into the next slot takes that slot: there is never more than one.
    if (this.isBusy) return
    this.#isScraping = true
    void this.#scrape().finally(() => {
      this.#isScraping = false
      this.#onFinished?.()
    })
  }

  async #scrape(): Promise<void> {
    const { clock, metrics, target } = this.#options
    const startMs = clock.monotonicMs()
    const timeMs = this.#schedule.scrapeTimeMs(clock.wallMs())
    if (this.#lastStartMs !== undefined) {
      metrics.lengths.observeInterval(target.intervalMs, (startMs - this.#lastStartMs) / 1_000)
    }
    this.#lastStartMs = startMs
    const forced = this.forcedFault
    const span = this.#options.tracer?.start('scrape')
    const fetched = forced ?? (await this.#fetched(span))
    if (this.#isStopped) return
    if (forced === undefined && fetched instanceof ScrapeFault) this.#logFailure(fetched)
    const outcome = this.writer.write(fetched, timeMs, startMs)
    if (outcome.fault !== undefined) this.#tellFault(outcome.fault)
    if (span !== undefined) this.#endSpan(span, outcome.fault)
    this.state = {
      health: outcome.fault === undefined ? 'up' : 'down',
      lastError: outcome.fault?.message ?? '',
      lastScrapeMs: timeMs,
      lastScrapeDurationSeconds: outcome.durationSeconds,
    }
  }

  #endSpan(span: Span, fault: ScrapeFault | undefined): void {
    const { config, target } = this.#options
    span.set('job', config.jobName).set('target', target.url.text)
    if (fault !== undefined) span.fail(fault.message)
    span.end()
  }

  async #fetched(span: Span | undefined): Promise<FetchedPage | ScrapeFault> {
    try {
      return await this.#options.fetcher.fetch(span)
    } catch (thrown) {
      if (thrown instanceof ScrapeFault) return thrown
      if (thrown instanceof NarthexError) return new ScrapeFault(thrown.message, 'fetch')
      throw thrown
    }
  }

  #logFailure({ message }: ScrapeFault): void {
    const { config, failureLogs, target } = this.#options
    const { jobName, scrapeFailureLogFile } = config
    failureLogs.log(scrapeFailureLogFile, { jobName, target: target.url.text, message })
  }

  #tellFault(fault: ScrapeFault): void {
    const { metrics, logger, target } = this.#options
    if (fault.reason === 'body-size') metrics.overBodySizeLimit.add()
    if (fault.reason === 'samples') metrics.overSampleLimit.add()
    if (fault.reason === 'buckets') metrics.overBucketLimit.add()
    if (fault.reason === 'labels') metrics.overLabelLimits.add()
    logger.debug('Scrape failed', { target: target.url.text, err: fault.message })
  }
}
