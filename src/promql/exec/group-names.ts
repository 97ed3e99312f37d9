/**
 * Whether the names of groups go, where some series of a group keep theirs and some do not: as
 * upstream has it, they go if one goes of those that are there at the group's last step.
 */
export class GroupNames {
  readonly dropped: Uint8Array
  /** By group, 1 more than the last step at which any series is there. */
  readonly #ends: Int32Array

  constructor(
    /** The group of each series. */
    readonly groupOf: Int32Array,
    groups: number,
    readonly seriesDropped: Uint8Array,
  ) {
    this.dropped = new Uint8Array(groups)
    this.#ends = new Int32Array(groups)
  }

  /** The steps of a series are the bits of `words` words at `offset`. */
  add(series: number, present: Int32Array, offset: number, words: number): void {
    const end = endOf(present, offset, words)
    const group = this.groupOf[series] ?? 0
    const known = this.#ends[group] ?? 0
    if (end === 0 || end < known) return
    const isDropped = this.seriesDropped[series] ?? 0
    this.dropped[group] = end > known ? isDropped : (this.dropped[group] ?? 0) | isDropped
    this.#ends[group] = end
  }
}

/** 1 more than the highest bit that is set; 0 for none. */
function endOf(present: Int32Array, offset: number, words: number): number {
  for (let word = words - 1; word >= 0; word--) {
    const bits = present[offset + word] ?? 0
    if (bits !== 0) return word * 32 + 32 - Math.clz32(bits)
  }
  return 0
}
