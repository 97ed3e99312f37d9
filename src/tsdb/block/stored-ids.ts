import type { StoredTexts } from '../../storage/stored-texts.ts'

/** Which symbols of a block are stored texts, as its queriers found out. For one thread. */
export class StoredIds {
  /** By symbol: 1 + its stored id, 0 where nobody has looked. */
  readonly #ids: Uint32Array
  #epoch = -1
  #clock = 0

  constructor(symbols: number) {
    this.#ids = new Uint32Array(symbols)
  }

  /** Whether a querier may look here, and add: ids mean something else to who is of another time. */
  isOf({ epoch, clock }: StoredTexts): boolean {
    if (epoch > this.#epoch) {
      this.#epoch = epoch
      this.#clock = clock
      this.#ids.fill(0)
    }
    return epoch === this.#epoch && clock >= this.#clock
  }

  /** Of a querier of whom isOf holds: the id, or -1 where none is known. */
  get(symbol: number): number {
    return (this.#ids[symbol] ?? 0) - 1
  }

  /** Queriers that do not know all that this one does look no more. */
  set(symbol: number, id: number, { clock }: StoredTexts): void {
    this.#ids[symbol] = id + 1
    this.#clock = clock
  }
}
