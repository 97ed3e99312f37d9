interface BlockSourceLike {
  readonly ulid: string
  readonly isOutOfOrder: boolean
}

/**
 * The order in which blocks are merged, where of two samples with one time the later source's is
 * kept: blocks of out-of-order samples before all others, the newest of them first, so that in order
 * wins over out of order, and what came first over what came later. The others stay as they are.
 */
export function sourceOrder<T extends BlockSourceLike>(blocks: readonly T[]): readonly T[] {
  const late = blocks.filter(({ isOutOfOrder }) => isOutOfOrder)
  late.sort((a, b) => (a.ulid < b.ulid ? 1 : -1))
  return [...late, ...blocks.filter(({ isOutOfOrder }) => !isOutOfOrder)]
}
