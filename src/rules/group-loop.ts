import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { xxhash64 } from '../base/xxhash64.ts'
import type { Group } from './group.ts'
import type { SharedWakes } from './shared-wakes.ts'

/**
 * The time slot at or before a time: slots are one interval apart, and where they lie follows from
 * file and name, so that groups do not all run at once (row R2.1).
 */
export function slotBefore(group: Pick<Group, 'file' | 'name' | 'intervalMs'>, ms: number): number {
  const nanoseconds = BigInt(Math.floor(ms * 1_000)) * 1_000n
  const interval = BigInt(group.intervalMs) * 1_000_000n
  const offset = groupHash(group.file, group.name) % interval
  const since = nanoseconds - offset
  return Number((since - (since % interval) + offset) / 1_000_000n)
}

/** Upstream's hash of the labels file and name, in the form in which it keeps labels. */
function groupHash(file: string, name: string): bigint {
  const sized = (text: string) => {
    const bytes = Buffer.from(text)
    const { length } = bytes
    const size = length < 255 ? [length] : [255, length & 255, (length >> 8) & 255, length >> 16]
    return Buffer.concat([Buffer.from(size), bytes])
  }
  return xxhash64(Buffer.concat(['file', file, 'name', name].map(sized)))
}

/** Of its interval, that a group may be kept waiting for others. */
const sharedWakeShare = 1 / 30

/**
 * When a group that is due then is woken, by the monotonic clock: at the next of a row of times that
 * all groups have in common, so that those which are due within a moment are evaluated together. A
 * group alone finds nothing of what it needs in the processor's caches, and takes twice the time.
 * Shorter intervals have more such times between those of longer ones.
 */
export function sharedWakeMs(dueMs: number, intervalMs: number): number {
  let apartMs: number = limits.ruleWakesApartMs
  while (apartMs > intervalMs * sharedWakeShare) apartMs /= 2
  return Math.ceil(dueMs / apartMs) * apartMs
}

/** How far a timer may be off: a slot that begins within it has begun. */
const toleranceMs = 10

/**
 * Runs a group on its schedule: iterations never overlap, and those that a long one swallows are
 * counted as missed. Protocol: start() once, stop() once.
 */
export class GroupLoop {
  readonly #group: Group
  readonly #clock: Clock
  /** A broken assertion ends up here. */
  readonly #broken: (thrown: unknown) => void
  readonly #wakes: SharedWakes
  #timer: Timer | undefined
  #wake: () => void = () => undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(group: Group, clock: Clock, wakes: SharedWakes, broken: (thrown: unknown) => void) {
    this.#group = group
    this.#clock = clock
    this.#wakes = wakes
    this.#broken = broken
  }

  start(): void {
    this.#ended = this.#run().catch(this.#broken)
  }

  /** Resolves when the rule that is at work is done. */
  async stop(): Promise<void> {
    this.#group.isStopped = true
    this.#timer?.cancel()
    this.#wake()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { intervalMs, counts } = this.#group
    const clock = this.#clock
    let slotMs = slotBefore(this.#group, clock.wallMs()) + intervalMs
    const firstDueMs = clock.monotonicMs() + slotMs - clock.wallMs()
    await this.#sleepTill(firstDueMs)
    let tick = 0
    let isRestored = !this.#group.shouldRestore
    for (let iteration = 1; !this.#group.isStopped; iteration++) {
      await this.#group.evaluate(slotMs)
      if (this.#group.isStopped) return
      if (!isRestored && iteration === 2) {
        await this.#group.restore()
        isRestored = true
      }
      tick++
      await this.#sleepTill(firstDueMs + tick * intervalMs)
      if (this.#group.isStopped) return
      tick = Math.max(tick, Math.floor((clock.monotonicMs() - firstDueMs) / intervalMs))
      const sinceMs = clock.wallMs() - slotMs + Math.min(toleranceMs, intervalMs / 10)
      const missed = Math.trunc(sinceMs / intervalMs) - 1
      if (missed > 0) {
        counts.missed += missed
        counts.scheduled += missed
      }
      slotMs += (missed + 1) * intervalMs
    }
  }

  async #sleepTill(dueMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    if (dueMs <= nowMs || this.#group.isStopped) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      const wakeMs = sharedWakeMs(dueMs, this.#group.intervalMs)
      this.#timer = this.#wakes.at(wakeMs, resolve)
    })
  }
}
