import { Duplex } from 'node:stream'
import type { Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { silentLogger } from '../base/logger.ts'
import { MetricsRegistry } from '../base/self-metrics.ts'
import { SpareTime } from '../base/spare-time.ts'
import { Tracer } from '../base/tracer.ts'
import type { QueryReply, QueryRequest, QueryRunner } from '../storage/query-runner.ts'
import type { ApiOptions } from './api-options.ts'
import { HttpMetrics } from './http-metrics.ts'
import { createHttpServer } from './http-server.ts'

/** No series has it. */
const selector = encodeURIComponent('{__name__="rehearsal",rehearsal="none"}')
const times = 'start=1700000000&end=1700003600.5'

interface RehearsedRequest {
  readonly path: string
  /** A form that is posted. */
  readonly form?: string
}

/** What dashboards ask, both ways. */
export const rehearsedRequests: readonly RehearsedRequest[] = [
  { path: `labels?${times}&match%5B%5D=${selector}` },
  { path: `label/rehearsal/values?${times}&match%5B%5D=${selector}&limit=10` },
  { path: `series?${times}&match%5B%5D=${selector}` },
  { path: 'labels', form: `${times}&match[]=${selector}` },
  { path: 'series', form: `${times}&match[]=${selector}` },
  { path: `query?query=${selector}&time=1700000000` },
  { path: `query_range?query=${selector}&${times}&step=15` },
  { path: 'query', form: `query=${selector}&time=1700000000` },
  { path: 'query_range', form: `query=${selector}&${times}&step=15` },
]

interface Rehearsing {
  /** Whether the workers have nothing to do: where one has, another lookup would start one more. */
  readonly isIdle: () => boolean
  readonly isOver: () => boolean
  readonly spareTime: Pick<SpareTime, 'wait'>
}

/** Rehearses in a while, unless it is canceled. */
export function rehearseHttpSoon(
  options: ApiOptions,
  isIdle: () => boolean,
  failed: (thrown: unknown) => void,
): Timer {
  let isOver = false
  const spareTime = new SpareTime(options.clock)
  const rehearsing = { isIdle, isOver: () => isOver, spareTime }
  const timer = options.clock.after(limits.httpRehearsalDelayMs, () => {
    rehearseHttp(options, limits.httpRehearsalRounds, rehearsing).catch(failed)
  })
  return {
    cancel: () => {
      isOver = true
      timer.cancel()
    },
  }
}

/**
 * Has requests answered by a server like the one that listens, so that the first ones that somebody waits
 * for find its code compiled: cold, a request takes three times as long. Nobody can connect to it,
 * and nothing of it is counted, logged or traced. Lookups go to the workers and back; queries, which are
 * counted there, do not. Gives way to everything else between any two requests, and begins no round before
 * the thread has time to spare; answers how many it sent.
 */
export async function rehearseHttp(
  options: ApiOptions,
  rounds: number,
  rehearsing: Rehearsing,
): Promise<number> {
  const server = createHttpServer(unseen(options))
  const client = new RehearsalClient()
  let sent = 0
  try {
    await server.serve(client)
    for (let round = 0; round < rounds; round++) {
      await rehearsing.spareTime.wait()
      for (const request of rehearsedRequests) {
        const mayGoOn = await itsTurn(rehearsing)
        // Who refuses has other things to do, or is being closed.
        if (!mayGoOn || !(await client.ask(request))) return sent
        sent++
      }
    }
    return sent
  } finally {
    client.destroy()
    await server.close()
  }
}

function unseen(options: ApiOptions): ApiOptions {
  const metrics = new MetricsRegistry()
  return {
    ...options,
    metrics,
    httpMetrics: new HttpMetrics(metrics),
    logger: silentLogger,
    tracer: new Tracer(options.clock),
    accessLog: false,
    security: undefined,
    routePrefix: '',
    runner: () => new RehearsalRunner(options.runner()),
  }
}

/** False where the rehearsal is over. */
async function itsTurn({ isIdle, isOver, spareTime }: Rehearsing): Promise<boolean> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
  while (!isOver() && !isIdle()) await spareTime.wait()
  return !isOver()
}

class RehearsalRunner implements QueryRunner {
  readonly #runner: QueryRunner

  constructor(runner: QueryRunner) {
    this.#runner = runner
  }

  async run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    if (request.kind === 'instant' || request.kind === 'range')
      return { ok: true, body: [noSeries] }
    return this.#runner.run(request, signal)
  }
}

const noSeries = new TextEncoder().encode('{"status":"success","data":{"result":[]}}')

/** A client, and what the server takes for its connection. */
class RehearsalClient extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  #answer = ''
  #answered: (isGood: boolean) => void = () => undefined

  /** One request at a time; whether it was answered with 200. */
  ask({ path, form }: RehearsedRequest): Promise<boolean> {
    const type = 'Content-Type: application/x-www-form-urlencoded'
    const more = form === undefined ? '' : `${type}\r\nContent-Length: ${form.length}\r\n`
    const method = form === undefined ? 'GET' : 'POST'
    const head = `${method} /api/v1/${path} HTTP/1.1\r\nHost: rehearsal\r\nAccept-Encoding: gzip\r\n${more}`
    return new Promise((resolve) => {
      this.#answer = ''
      this.#answered = resolve
      this.push(Buffer.from(`${head}\r\n${form ?? ''}`))
    })
  }

  override _read(): void {
    // What is asked is pushed.
  }

  override _write(piece: Uint8Array, _encoding: string, done: () => void): void {
    this.#answer += Buffer.from(piece).toString('latin1')
    done()
    const [, head = '', body = ''] = /^(.*?)\r\n\r\n(.*)$/s.exec(this.#answer) ?? []
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
    if (body.length === length) this.#answered(head.startsWith('HTTP/1.1 200 '))
  }

  override _destroy(thrown: Error | null, done: (thrown: Error | null) => void): void {
    this.#answered(false)
    done(thrown)
  }
}
