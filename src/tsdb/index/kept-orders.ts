import { limits } from '../../base/limits.ts'
import { type Looks, noLooks } from '../../base/looks.ts'
import { type Texts, textOrder } from '../../storage/text-order.ts'

/** Sorting one symbol costs as much as going through so many. */
const partOfAllMin = 8

interface KeptOrder {
  readonly ids: Uint32Array
  readonly sorted: Uint32Array
}

/**
 * Lists of symbols in the order of their bytes as they came out last, by what they are the values of:
 * the same symbols are asked for again and again, and looking whether they are the same takes a
 * hundredth of sorting them.
 */
export class KeptOrders {
  readonly #kept = new Map<number, KeptOrder>()
  readonly #idsMax: number
  #idsKept = 0

  constructor(idsMax: number = limits.keptOrdersIdsMax) {
    this.#idsMax = idsMax
  }

  /** Not to be written to. */
  sorted(name: number, ids: Uint32Array, texts: Texts, looks: Looks = noLooks): Uint32Array {
    const known = this.#kept.get(name)
    if (known !== undefined && isSame(known.ids, ids)) return known.sorted
    const sorted = textOrder(texts, ids, looks)
    this.#keep(name, { ids, sorted })
    return sorted
  }

  /** Of some of these symbols only: where that is a good part of them, as they stand among all. */
  sortedPart(
    name: number,
    ids: Uint32Array,
    part: Uint32Array,
    texts: Texts,
    looks: Looks = noLooks,
  ): Uint32Array {
    const isSmall = part.length * partOfAllMin < ids.length
    if (isSmall || ids.length > this.#idsMax) return textOrder(texts, part, looks)
    const wanted = new Set(part)
    const isWanted = looks.each((id: number) => wanted.has(id))
    return this.sorted(name, ids, texts, looks).filter(isWanted)
  }

  /** All are forgotten where there would be too many: which ones are asked for cannot be told. */
  #keep(name: number, order: KeptOrder): void {
    this.#idsKept += order.ids.length - (this.#kept.get(name)?.ids.length ?? 0)
    if (this.#idsKept > this.#idsMax) {
      this.#kept.clear()
      this.#idsKept = order.ids.length
    }
    if (this.#idsKept <= this.#idsMax) this.#kept.set(name, order)
    else this.#idsKept = 0
  }
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
