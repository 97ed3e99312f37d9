/** Where an index has the list of series of each label pair. */
export interface PostingsTable {
  /** Label names, but the empty one; in no order. */
  names(): Iterable<string>
  valueCount(name: string): number
  /** Where the list of the pair begins in the index, or noPlace. */
  find(name: string, value: string): number
  /** Every value of the name in the order of bytes, with its list's place. */
  visitValues(name: string, visit: (value: string, place: number) => void): void
}

export const noPlace = -1
