import { ByteReadError } from '../../base/byte-reader.ts'
import type { WalCorruption } from './corruption.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { RecordBatch } from './record-batch.ts'
import type { RecordDecoder } from './record-decoder.ts'
import { type DamagedPart, SegmentScan, type SegmentScanOptions } from './segment-scan.ts'

/**
 * As a SegmentScan, of a segment that another thread reads ahead. At the first trouble it scans the
 * segment by itself, past the records that it has taken, so that there is one verdict about a log.
 */
export class BatchScan {
  readonly #options: SegmentScanOptions
  readonly #ahead: ReadAhead
  readonly #segment: number
  readonly #decoder: RecordDecoder
  #batch: RecordBatch | undefined
  #own: SegmentScan | undefined
  #taken = 0
  /** Where the next record begins. */
  #place = 0

  constructor(
    options: SegmentScanOptions,
    ahead: ReadAhead,
    segment: number,
    decoder: RecordDecoder,
  ) {
    this.#options = options
    this.#ahead = ahead
    this.#segment = segment
    this.#decoder = decoder
  }

  /** Whether it scans by itself: the other thread reads no further then. */
  get isOnItsOwn(): boolean {
    return this.#own !== undefined
  }

  get records(): number {
    return this.#own?.records ?? this.#taken
  }

  get damage(): readonly DamagedPart[] {
    return this.#own?.damage ?? []
  }

  get corruptions(): readonly WalCorruption[] {
    return this.#own?.corruptions ?? []
  }

  get isUnreadable(): boolean {
    return this.#own?.isUnreadable ?? false
  }

  get sizeBytes(): number {
    return this.#own?.sizeBytes ?? 0
  }

  /** How far it has come. */
  get offset(): number {
    return this.#own?.offset ?? this.#place
  }

  close(): void {
    this.#own?.close()
  }

  /** Waits for what advance() takes next. */
  async ready(): Promise<void> {
    if (this.#own !== undefined || this.#batch !== undefined) return
    const batch = await this.#ahead.next()
    this.#batch = batch
    // Where one reader ends, the one of the next piece has begun, or one of them was misled.
    if (batch?.place.segment !== this.#segment || batch.place.start !== this.#place) {
      this.#scanAlone()
    }
  }

  /** Takes a batch, or reads about so many bytes further; false at the end. */
  advance(bytes: number): boolean {
    if (this.#own !== undefined) return this.#own.advance(bytes)
    const batch = this.#batch
    if (batch === undefined) return true
    this.#batch = undefined
    try {
      batch.give(this.#decoder, () => this.#taken++)
    } catch (thrown) {
      if (!(thrown instanceof ByteReadError)) throw thrown
      this.#scanAlone()
      return true
    }
    const { end } = batch
    this.#place = batch.stop
    this.#ahead.release(batch)
    if (end === 'trouble') this.#scanAlone()
    return end !== 'segment'
  }

  #scanAlone(): void {
    this.#ahead.stop()
    this.#batch = undefined
    let known = this.#taken
    this.#own = new SegmentScan({
      ...this.#options,
      take: (record) => {
        if (known > 0) known--
        else this.#options.take(record)
      },
    })
  }
}
