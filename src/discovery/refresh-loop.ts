import type { Timer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Discoverer, GroupSink } from './discoverer.ts'
import type { DiscoveryTools } from './mechanism.ts'
import type { RefreshCounts } from './refresh-metrics.ts'

export interface RefreshOptions {
  readonly mechanism: string
  readonly intervalMs: number
  /** Asks once, and reports what it learnt; a rejection is logged and counted as a failure. */
  refresh(report: GroupSink): Promise<void>
  /** Ends what is under way, for good. */
  close?(): void
}

/**
 * The discoverer of a mechanism that can only be asked: at once, then every interval, never twice
 * at a time. A failure reports nothing, so that the last good answer stays (row D1.5).
 */
export class RefreshLoop implements Discoverer {
  readonly #options: RefreshOptions
  readonly #tools: DiscoveryTools
  readonly #counts: RefreshCounts
  #timer: Timer | undefined
  #isRefreshing = false
  #isStopped = false

  constructor(tools: DiscoveryTools, options: RefreshOptions) {
    this.#options = options
    this.#tools = tools
    this.#counts = tools.refreshMetrics.of(options.mechanism, tools.setName)
  }

  start(report: GroupSink): void {
    void this.#refresh(report)
    this.#timer = this.#tools.clock.every(this.#options.intervalMs, () => {
      if (!this.#isRefreshing) void this.#refresh(report)
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#options.close?.()
    this.#counts.release()
  }

  async #refresh(report: GroupSink): Promise<void> {
    const { clock, logger } = this.#tools
    const startMs = clock.monotonicMs()
    this.#isRefreshing = true
    try {
      await this.#options.refresh((groups) => {
        if (!this.#isStopped) report(groups)
      })
    } catch (thrown) {
      if (!this.#isStopped) {
        this.#counts.failed()
        logger.error('Unable to refresh target groups', { err: messageOf(thrown) })
      }
    } finally {
      this.#isRefreshing = false
      this.#counts.observe((clock.monotonicMs() - startMs) / 1_000)
    }
  }
}
