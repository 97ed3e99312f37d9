import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { BacktestReply, BacktestRequest } from '../rules/backtest-contract.ts'
import { DatabaseReader, type DatabaseUpdate } from '../tsdb/database-reader.ts'
import { type SnapshotAnswer, type SnapshotAsk, SnapshotAsks } from '../workers/snapshot-asks.ts'
import { Turns } from '../workers/turns.ts'
import { type BacktestSettings, backtest } from './backtest-job.ts'

/** What the thread of a backtest is told when it starts. */
export interface BacktestStart {
  readonly dataDirectory: string
  /** The database as it will be seen all the time. */
  readonly update: DatabaseUpdate
  readonly request: BacktestRequest
  readonly settings: BacktestSettings
  readonly control: SharedArrayBuffer
}

export type FromBacktest =
  | { readonly kind: 'reply'; readonly reply: BacktestReply }
  | { readonly kind: 'progress'; readonly progress: { done: number; total: number } }
  | SnapshotAsk

export type ToBacktest = SnapshotAnswer

/** So often the progress is told. */
const toldEveryMs = 250

/** What runs in the thread of one backtest. */
export class BacktestHost {
  readonly asks: SnapshotAsks
  readonly #start: BacktestStart
  readonly #fileSystem: FileSystem
  readonly #send: (message: FromBacktest) => void

  constructor(start: BacktestStart, fileSystem: FileSystem, send: (message: FromBacktest) => void) {
    this.#start = start
    this.#fileSystem = fileSystem
    this.#send = send
    this.asks = new SnapshotAsks(send)
  }

  /** Rejects for faults of our own. */
  async run(): Promise<void> {
    this.#send({ kind: 'reply', reply: await this.#reply() })
  }

  async #reply(): Promise<BacktestReply> {
    const { dataDirectory, update, request, settings, control } = this.#start
    const reader = new DatabaseReader(this.#fileSystem, dataDirectory)
    reader.apply(update)
    const turns = new Turns(systemClock).control(control, false)
    let nextMs = 0
    try {
      const answer = await backtest(request, settings, {
        fileSystem: this.#fileSystem,
        past: { querier: async (range) => reader.querier(range, this.asks, turns.looks) },
        control: turns,
        progress: (done, total) => {
          if (systemClock.monotonicMs() < nextMs) return
          nextMs = systemClock.monotonicMs() + toldEveryMs
          this.#send({ kind: 'progress', progress: { done, total } })
        },
      })
      return { ok: true, body: [new TextEncoder().encode(JSON.stringify(answer))] }
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      return { ok: false, errorType: errorTypeOf(thrown), message: thrown.message }
    }
  }
}

function errorTypeOf({ code }: NarthexError): Extract<BacktestReply, { ok: false }>['errorType'] {
  switch (code) {
    case 'PARAMETER_INVALID':
    case 'LIMIT_EXCEEDED':
      return 'bad_data'
    case 'QUERY_CANCELED':
      return 'canceled'
    case 'QUERY_TIMEOUT':
      return 'timeout'
    default:
      return 'execution'
  }
}
