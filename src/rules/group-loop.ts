import type { Clock, Timer } from '../base/clock.ts'
import { xxhash64 } from '../base/xxhash64.ts'
import type { Group } from './group.ts'

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
  #timer: Timer | undefined
  #wake: () => void = () => undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(group: Group, clock: Clock, broken: (thrown: unknown) => void) {
    this.#group = group
    this.#clock = clock
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
    await this.#sleep(slotMs - clock.wallMs())
    const firstTickMs = clock.monotonicMs()
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
      await this.#sleep(firstTickMs + tick * intervalMs - clock.monotonicMs())
      if (this.#group.isStopped) return
      tick = Math.max(tick, Math.floor((clock.monotonicMs() - firstTickMs) / intervalMs))
      const sinceMs = clock.wallMs() - slotMs + Math.min(toleranceMs, intervalMs / 10)
      const missed = Math.trunc(sinceMs / intervalMs) - 1
      if (missed > 0) {
        counts.missed += missed
        counts.scheduled += missed
      }
      slotMs += (missed + 1) * intervalMs
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#group.isStopped) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#timer = this.#clock.after(ms, resolve)
    })
  }
}
