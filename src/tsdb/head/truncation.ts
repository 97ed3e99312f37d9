import { PagedNumbers } from '../../base/paged-numbers.ts'
import { lineDouble, lineWord } from '../chunk/xor-line.ts'
import type { Head } from './head.ts'

/** Series looked at between two looks at the clock. */
const seriesPerStep = 1_024

/**
 * Takes what is older than the head's first valid time out of memory: entries of closed chunks, and
 * open chunks without a newer sample. Run it when every query that began before that time was set
 * has ended; `turn` is awaited between steps, so that others run in between.
 */
export class HeadTruncation {
  readonly #head: Head
  readonly #freed = new PagedNumbers()
  /** Entries of chunks that stand in memory, of which there are few: nobody need write these any more. */
  readonly #freedInMemory = new PagedNumbers()
  /** Open chunks that were given up. */
  #dropped = 0
  /** Series that have no sample left. */
  readonly emptied = new PagedNumbers()
  #oldestMs = Number.POSITIVE_INFINITY

  constructor(head: Head) {
    this.#head = head
  }

  async run(turn: () => Promise<void> | undefined): Promise<void> {
    const { head } = this
    const count = head.idCount
    head.beginMinimum()
    for (let series = 0; series < count; series++) {
      if (series % seriesPerStep === 0) await turn()
      this.#truncate(series, head.validFromMs)
      if (!head.isAlive(series)) continue
      this.#oldestMs = Math.min(this.#oldestMs, head.memory.series.oldestMs.get(series))
    }
    // Or ranges without a sample would be flushed one by one, thousands behind a clock that was wrong.
    head.raiseMinimum(this.#oldestMs)
    this.end()
  }

  /** Takes all samples of a series out; then end(). */
  evict(series: number): void {
    this.#truncate(series, Number.POSITIVE_INFINITY)
  }

  /** A query that began meanwhile may stand on an entry that was just cut off. */
  end(): void {
    const { head } = this
    const [freed, inMemory] = [this.#freed, this.#freedInMemory]
    head.countRemovedChunks(freed.length + inMemory.length + this.#dropped)
    head.pins.afterHeld(() => {
      for (let entry = inMemory.pop(); entry !== undefined; entry = inMemory.pop())
        head.closed.free(entry)
      head.closed.freeAll(freed)
    })
  }

  get head(): Head {
    return this.#head
  }

  #truncate(series: number, validFromMs: number): void {
    const { series: columns } = this.#head.memory
    if (!this.#head.isAlive(series)) return
    const before = columns.oldestMs.get(series)
    if (before === Number.POSITIVE_INFINITY) this.emptied.push(series)
    if (before >= validFromMs) return
    const words = columns.words(series)
    const double = columns.lineAt(series)
    const word = double * 2
    let oldestMs = Number.POSITIVE_INFINITY
    const samples = (words[word + lineWord.counts] ?? 0) & 0xffff
    const doubles = columns.doubles(series)
    if (samples > 0) {
      if ((doubles[double + lineDouble.timestampMs] ?? 0) < validFromMs) {
        this.#head.chunks.dropOpen(series)
        this.#dropped++
      } else oldestMs = doubles[double + lineDouble.minTimeMs] ?? 0
    }
    oldestMs = Math.min(oldestMs, this.#cutChain(words, word, validFromMs))
    columns.oldestMs.set(series, oldestMs)
    if (oldestMs === Number.POSITIVE_INFINITY) this.emptied.push(series)
  }

  /** Cuts the chain behind the oldest chunk that reaches into the valid time; answers its start. */
  #cutChain(words: Uint32Array, word: number, validFromMs: number): number {
    const { chunks } = this.#head.memory
    let oldestMs = Number.POSITIVE_INFINITY
    let kept = 0
    let next = words[word + lineWord.chain] ?? 0
    while (next !== 0 && chunks.maxTimeMs(next - 1) >= validFromMs) {
      oldestMs = chunks.minTimeMs(next - 1)
      kept = next
      next = chunks.previous(next - 1)
    }
    if (next === 0) return oldestMs
    if (kept === 0) words[word + lineWord.chain] = 0
    else chunks.setPrevious(kept - 1, 0)
    for (; next !== 0; next = chunks.previous(next - 1)) {
      const isInMemory = chunks.file(next - 1) === 0
      const list = isInMemory ? this.#freedInMemory : this.#freed
      list.push(next - 1)
    }
    return oldestMs
  }
}
