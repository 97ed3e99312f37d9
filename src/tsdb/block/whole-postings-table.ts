import { compareBytes } from '../../model/byte-order.ts'
import type { BlockBytes } from './block-bytes.ts'
import { textOf } from './block-symbols.ts'
import { noPlace, type PostingsTable } from './postings-table.ts'
import { SectionScan } from './section-scan.ts'

/**
 * The postings offset table of an index of version 1, whole in memory, since it need not be sorted.
 * Such blocks are of 2017 and earlier, and small.
 */
export class WholePostingsTable implements PostingsTable {
  readonly #places = new Map<string, Map<string, number>>()

  constructor(bytes: BlockBytes, offset: number) {
    const scan = new SectionScan(bytes, offset)
    const text = () => {
      const length = scan.uvarint()
      const start = scan.take(length)
      return textOf(scan.bytes, start, start + length)
    }
    for (let count = scan.uint32(); count > 0 && scan.left > 0; count--) {
      if (scan.uvarint() !== 2) throw scan.fault('an entry of other than two keys')
      const [name, value, place] = [text(), text(), scan.uvarint()]
      const values = this.#places.get(name) ?? new Map<string, number>()
      values.set(value, place)
      this.#places.set(name, values)
    }
    scan.finish()
  }

  *names(): Iterable<string> {
    for (const name of this.#places.keys()) if (name !== '') yield name
  }

  valueCount(name: string): number {
    return this.#places.get(name)?.size ?? 0
  }

  find(name: string, value: string): number {
    return this.#places.get(name)?.get(value) ?? noPlace
  }

  visitValues(name: string, visit: (value: string, place: number) => void): void {
    const values = [...(this.#places.get(name) ?? [])]
    for (const [value, place] of values.sort(([a], [b]) => compareBytes(a, b))) visit(value, place)
  }
}
