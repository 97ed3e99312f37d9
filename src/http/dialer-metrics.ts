import type { Socket } from 'node:net'
import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'
import { LookupError } from './resolver.ts'

/** Counts the connections of one client. */
export interface DialCounts {
  attempted(): void
  /** Its end is counted, too. */
  established(socket: Socket): void
  failed(error: Error): void
}

const reasons = ['resolution', 'refused', 'timeout', 'unknown'] as const
type Reason = (typeof reasons)[number]

const registries = new WeakMap<MetricsRegistry, DialerMetrics>()

/**
 * The counters `net_conntrack_dialer_*` (row A9.1): a scrape job may have the name of another client,
 * whose connections then count together, so that there is one of these for each registry.
 */
export class DialerMetrics {
  readonly #registry: MetricsRegistry
  readonly #counts = new Map<string, DialCounts>()

  private constructor(registry: MetricsRegistry) {
    this.#registry = registry
    // Of what a process sends with no client of its own, which nobody does: upstream tells of it, too.
    this.named('default')
  }

  static of(registry: MetricsRegistry): DialerMetrics {
    const known = registries.get(registry)
    if (known !== undefined) return known
    const made = new DialerMetrics(registry)
    registries.set(registry, made)
    return made
  }

  /** Of everybody who dials under that name: a job, or a kind of client. */
  named(name: string): DialCounts {
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const made = this.#register(name)
    this.#counts.set(name, made)
    return made
  }

  #register(name: string): DialCounts {
    const counter = (what: string, help: string, labels = {}) =>
      this.#registry.counter(`net_conntrack_dialer_conn_${what}_total`, help, {
        dialer_name: name,
        ...labels,
      })
    const attempted = counter(
      'attempted',
      'Total number of connections attempted by the given dialer a given name.',
    )
    const established = counter(
      'established',
      'Total number of connections successfully established by the given dialer a given name.',
    )
    const closed = counter(
      'closed',
      'Total number of connections closed which originated from the dialer of a given name.',
    )
    const failed = new Map<Reason, Counter>(
      reasons.map((reason) => [
        reason,
        counter(
          'failed',
          'Total number of connections failed to dial by the dialer a given name.',
          {
            reason,
          },
        ),
      ]),
    )
    return {
      attempted: () => attempted.add(),
      established: (socket) => {
        established.add()
        socket.once('close', () => closed.add())
      },
      failed: (error) => {
        if (isHandshake(error)) {
          established.add()
          closed.add()
        } else for (const reason of reasonsOf(error)) failed.get(reason)?.add()
      },
    }
  }
}

/** Refusals and timeouts count as unknown, too, as upstream counts them. */
function reasonsOf(error: Error): readonly Reason[] {
  if (hasCause(error, (one) => one instanceof LookupError)) return ['resolution']
  if (hasCause(error, (one) => codeOf(one) === 'ECONNREFUSED')) return ['refused', 'unknown']
  const isTimeout = (one: unknown) => /TIMEOUT|ETIMEDOUT/.test(codeOf(one))
  return hasCause(error, isTimeout) ? ['timeout', 'unknown'] : ['unknown']
}

/** Whether there was a connection, on which TLS could not be agreed on. */
function isHandshake(error: Error): boolean {
  return hasCause(error, (one) =>
    /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|.*SELF_SIGNED)/.test(codeOf(one)),
  )
}

function hasCause(error: Error, test: (one: unknown) => boolean): boolean {
  const seen = new Set<unknown>()
  for (let one: unknown = error; one instanceof Error && !seen.has(one); one = one.cause) {
    if (test(one)) return true
    seen.add(one)
  }
  return false
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
