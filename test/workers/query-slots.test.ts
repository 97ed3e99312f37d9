import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { QuerySlots } from '../../src/workers/query-slots.ts'
import { SimClock } from '../sim/sim-clock.ts'

class Asker {
  readonly clock = new SimClock()
  readonly slots: QuerySlots
  /** What happened, in order: `name slot queuedMs`, or `name: the refusal`. */
  readonly log: string[] = []

  constructor(slotsMax: number) {
    this.slots = new QuerySlots(this.clock, slotsMax)
  }

  ask(name: string, options: { isRule?: boolean; signal?: AbortSignal } = {}): void {
    this.slots.take({
      isRule: options.isRule ?? false,
      timeoutMs: 10_000,
      signal: options.signal ?? new AbortController().signal,
      granted: (slot, queuedMs) => this.log.push(`${name} ${slot} ${queuedMs}`),
      refused: ({ errorType, message }) => this.log.push(`${name}: ${errorType} ${message}`),
    })
  }
}

describe('slots of queries', () => {
  it('are given in the order in which they were asked for, with how long that took', async () => {
    const asker = new Asker(2)
    for (const name of ['a', 'b', 'c', 'd']) asker.ask(name)
    await asker.clock.advance(5)
    asker.slots.release(1)
    await asker.clock.advance(5)
    asker.slots.release(0)
    expect(asker.log).toEqual(['a 0 0', 'b 1 0', 'c 1 5', 'd 0 10'])
  })

  it('rules stand before all others in the queue, in their own order', () => {
    const asker = new Asker(1)
    asker.ask('running')
    asker.ask('a')
    asker.ask('first rule', { isRule: true })
    asker.ask('b')
    asker.ask('second rule', { isRule: true })
    for (let turn = 0; turn < 4; turn++) asker.slots.release(0)
    expect(asker.log).toEqual(
      ['running', 'first rule', 'second rule', 'a', 'b'].map((name) => `${name} 0 0`),
    )
  })

  it('the last of four is kept for rules, which never stand behind a full house of others', () => {
    const asker = new Asker(4)
    for (const name of ['a', 'b', 'c', 'd']) asker.ask(name)
    asker.ask('rule', { isRule: true })
    expect(asker.log).toEqual(['a 0 0', 'b 1 0', 'c 2 0', 'rule 3 0'])
    asker.slots.release(3)
    expect(asker.log).toHaveLength(4)
    asker.slots.release(1)
    expect(asker.log.at(-1)).toBe('d 1 0')
  })

  it('waiting counts as time of the query: at its timeout it leaves the queue', async () => {
    const asker = new Asker(1)
    asker.ask('running')
    asker.ask('late')
    await asker.clock.advance(10_000)
    expect(asker.log).toEqual(['running 0 0', 'late: timeout query timed out in query queue'])
    expect(asker.slots.waiting).toBe(0)
  })

  it('who goes away leaves the queue', () => {
    const asker = new Asker(1)
    const controller = new AbortController()
    asker.ask('running')
    asker.ask('gone', controller)
    controller.abort()
    asker.ask('never came', controller)
    const words = 'canceled query was canceled in query queue'
    expect(asker.log).toEqual(['running 0 0', `gone: ${words}`, `never came: ${words}`])
  })

  it('the queue is bounded, and says by what', () => {
    const asker = new Asker(1)
    for (let count = 0; count <= limits.queryQueueMax; count++) asker.ask('a')
    asker.ask('one too many')
    expect(asker.log.at(-1)).toBe(
      'one too many: unavailable 1 queries run and 200 wait, limit 200: try again later',
    )
  })
})
