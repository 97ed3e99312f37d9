import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { QueryReply } from '../storage/query-runner.ts'

type Refusal = Extract<QueryReply, { ok: false }>

export const canceled: Refusal = {
  ok: false,
  errorType: 'canceled',
  message: 'query was canceled in query queue',
}

export interface SlotRequest {
  /** Rules go first: one place is kept for them, and in the queue they stand before all others. */
  readonly isRule: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called when it is its turn; the slot is given back by `release`. */
  readonly granted: (slot: number, queuedMs: number) => void
  readonly refused: (reply: Refusal) => void
}

interface Waiting {
  readonly isRule: boolean
  readonly grant: (slot: number) => void
  readonly giveUp: (reply: Refusal) => void
}

/**
 * Bounded concurrency with a bounded queue (row Q12.3): slots are numbered, as the file of active
 * queries has them. Who waits too long, or goes away, is refused; so is who finds the queue full.
 */
export class QuerySlots {
  readonly #clock: Clock
  readonly #slotsMax: number
  /** Slots that only rules may take, while others are taken. */
  readonly #keptForRules: number
  readonly #free: number[]
  readonly #waiting: Waiting[] = []

  constructor(clock: Clock, slotsMax: number) {
    this.#clock = clock
    this.#slotsMax = slotsMax
    this.#keptForRules = slotsMax >= limits.ruleSlotsFromConcurrency ? 1 : 0
    this.#free = Array.from({ length: slotsMax }, (_none, index) => slotsMax - 1 - index)
  }

  get running(): number {
    return this.#slotsMax - this.#free.length
  }

  get waiting(): number {
    return this.#waiting.length
  }

  take(request: SlotRequest): void {
    if (request.signal.aborted) request.refused(canceled)
    else if (this.#mayStart(request.isRule)) request.granted(this.#pop(), 0)
    else if (this.#waiting.length < limits.queryQueueMax) this.#wait(request)
    else {
      const message = `${this.running} queries run and ${this.waiting} wait, limit ${limits.queryQueueMax}: try again later`
      request.refused({ ok: false, errorType: 'unavailable', message })
    }
  }

  release(slot: number): void {
    assert(!this.#free.includes(slot), `slot ${slot} is free already`)
    this.#free.push(slot)
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || !this.#mayStart(next.isRule)) return
      next.grant(this.#pop())
    }
  }

  /** Refuses all that wait. */
  close(): void {
    for (const { giveUp } of [...this.#waiting]) giveUp(canceled)
  }

  #mayStart(isRule: boolean): boolean {
    return this.#free.length > (isRule ? 0 : this.#keptForRules)
  }

  #pop(): number {
    const slot = this.#free.pop()
    assert(slot !== undefined, 'a query was let in without a free slot')
    return slot
  }

  #wait({ isRule, timeoutMs, signal, granted, refused }: SlotRequest): void {
    const sinceMs = this.#clock.monotonicMs()
    const leave = () => {
      const place = this.#waiting.indexOf(entry)
      assert(place >= 0, 'a query left a queue that it was not in')
      this.#waiting.splice(place, 1)
      timer.cancel()
      signal.removeEventListener('abort', abort)
    }
    const entry: Waiting = {
      isRule,
      grant: (slot) => {
        leave()
        granted(slot, this.#clock.monotonicMs() - sinceMs)
      },
      giveUp: (reply) => {
        leave()
        refused(reply)
      },
    }
    const abort = () => entry.giveUp(canceled)
    const timer = this.#clock.after(timeoutMs, () => entry.giveUp(timedOut))
    signal.addEventListener('abort', abort)
    const firstOther = this.#waiting.findIndex((other) => !other.isRule)
    this.#waiting.splice(isRule && firstOther >= 0 ? firstOther : this.#waiting.length, 0, entry)
  }
}

const timedOut: Refusal = {
  ok: false,
  errorType: 'timeout',
  message: 'query timed out in query queue',
}
