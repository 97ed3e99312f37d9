import { NarthexError } from '../../base/errors.ts'
import { FreeRuns } from '../../base/free-runs.ts'
import { limits } from '../../base/limits.ts'
import type { SharedColumn } from '../../base/shared-columns.ts'

/** Texts stand in segments of this size: none crosses one. */
export const arenaSegmentBytes = 1 << 22
/** A text begins at a multiple of this. */
const unitBytes = 16
/** Units that are taken at a time where so many are free in a row: short texts are laid into them. */
const blockUnits = 512

/** The writer's side of the bytes of label texts: where there is room for one. */
export class TextArena {
  readonly #bytes: SharedColumn<'uint8'>
  readonly #free = new FreeRuns(arenaSegmentBytes / unitBytes)
  /** What is left of the latest block. */
  #block = 0
  #left = 0

  constructor(bytes: SharedColumn<'uint8'>) {
    this.#bytes = bytes
  }

  /** Writes text[from .. to); answers its place. */
  write(text: Uint8Array, from: number, to: number): number {
    const { segments, shift, mask } = this.#bytes
    const units = unitsOf(to - from)
    if (units > this.#left) this.#takeBlock(units, to - from)
    const place = this.#block * unitBytes
    this.#block += units
    this.#left -= units
    segments[place >>> shift]?.set(text.subarray(from, to), place & mask)
    return place
  }

  #takeBlock(units: number, bytes: number): void {
    if (this.#left > 0) this.#free.give(this.#block, this.#left)
    this.#left = 0
    const many = Math.max(units, blockUnits)
    let block = this.#free.take(many)
    let taken = block < 0 ? units : many
    if (block < 0) block = this.#free.take(units)
    if (block < 0) {
      this.#addSegment(bytes)
      taken = many
      block = this.#free.take(many)
    }
    this.#block = block
    this.#left = taken
  }

  /** For a text of so many bytes. */
  #addSegment(bytes: number): void {
    const held = this.#bytes.segments.length * arenaSegmentBytes
    const most = limits.headSymbolBytesMax
    if (bytes > arenaSegmentBytes || held + arenaSegmentBytes > most) {
      const message = `the head holds ${held} bytes of label texts, limit ${most}`
      throw new NarthexError('LIMIT_EXCEEDED', `${message}: none of ${bytes} bytes is taken`)
    }
    this.#bytes.reserve(held + arenaSegmentBytes)
    this.#free.addSegment()
  }

  /** Nobody reads the text at that place, of so many bytes, any more. */
  free(place: number, length: number): void {
    this.#free.give(place / unitBytes, unitsOf(length))
  }
}

function unitsOf(length: number): number {
  return Math.max(1, Math.ceil(length / unitBytes))
}
