import { limits } from '../base/limits.ts'
import type { QueryRequest } from '../storage/query-runner.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'
import type { SnapshotPort } from '../tsdb/head/head-reader.ts'

/** A snapshot that travels with a query, of the series that it will probably select. */
export interface ForecastSnapshot {
  readonly ids: Uint32Array
  readonly snapshot: HeadSnapshot
}

/**
 * Which series queries of the same text selected last: dashboards and rules ask the same again and
 * again, and what they are sent with the query they need not ask for, which saves two hops between
 * threads. The main thread's.
 */
export class SnapshotForecast {
  /** By text, the one used longest ago first. */
  readonly #known = new Map<string, Uint32Array>()

  of(request: QueryRequest): Uint32Array | undefined {
    const text = textOf(request)
    if (text === undefined) return undefined
    const ids = this.#known.get(text)
    if (ids !== undefined) this.#put(text, ids)
    return ids
  }

  /**
   * Of the query's first request for a snapshot, which its reader decides by its text alone; answers
   * whether it keeps the ids.
   */
  learn(request: QueryRequest, ids: Uint32Array): boolean {
    const text = textOf(request)
    if (text === undefined) return false
    const isKept = ids.length <= limits.forecastSeriesMax
    if (isKept) this.#put(text, ids)
    else this.#known.delete(text)
    return isKept
  }

  #put(text: string, ids: Uint32Array): void {
    this.#known.delete(text)
    this.#known.set(text, ids)
    if (this.#known.size <= limits.forecastQueriesMax) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}

function textOf(request: QueryRequest): string | undefined {
  if (request.kind !== 'instant' && request.kind !== 'range') return undefined
  return request.query.length <= limits.forecastTextMax ? request.query : undefined
}

/**
 * The snapshots of one query: the first one is the forecast where that is of the very series that
 * are asked for, any other comes from where all do.
 */
export class ForecastPort implements SnapshotPort {
  #forecast: ForecastSnapshot | undefined
  readonly #other: SnapshotPort

  constructor(forecast: ForecastSnapshot | undefined, other: SnapshotPort) {
    this.#forecast = forecast
    this.#other = other
  }

  snapshot(ids: Uint32Array, count: number, sinceVersion: number): Promise<HeadSnapshot> {
    const forecast = this.#forecast
    // A second one of the same series would share its memory, which its reader changes.
    this.#forecast = undefined
    if (forecast === undefined || !isSame(forecast.ids, ids, count)) {
      return this.#other.snapshot(ids, count, sinceVersion)
    }
    return Promise.resolve(forecast.snapshot)
  }
}

function isSame(known: Uint32Array, ids: Uint32Array, count: number): boolean {
  if (known.length !== count) return false
  for (let at = 0; at < count; at++) if (known[at] !== ids[at]) return false
  return true
}
