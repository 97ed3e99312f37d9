/** A block as retention sees it; `maxTimeMs` is exclusive. */
export interface RetainedBlock {
  readonly ulid: string
  readonly maxTimeMs: number
  readonly sizeBytes: number
}

export interface RetentionLimits {
  /** 0 = no limit of time. */
  readonly timeMs: number
  /** 0 = no limit of size. */
  readonly sizeBytes: number
  /** Of the file system's size: then `sizeBytes` does not count. 0 = no such limit. */
  readonly percentage?: number
}

/** The limits with a size in place of a percentage, where the capacity is known (row T7.12). */
export function limitsOf(limits: RetentionLimits, capacityBytes: number): RetentionLimits {
  const { timeMs, percentage = 0 } = limits
  if (percentage === 0 || capacityBytes === 0) return limits
  return { timeMs, sizeBytes: Math.floor((capacityBytes * percentage) / 100) }
}

/**
 * The blocks to delete (rows T7.10, T7.11). By time: those that end at least the retention before
 * `newestMs`. By size: when the log, the head chunk files (`headBytes`) and the blocks from the
 * newest on pass the limit, the block that passes it and all older ones.
 */
export function beyondRetention(
  blocks: readonly RetainedBlock[],
  limits: RetentionLimits,
  newestMs: number,
  headBytes: number,
): readonly RetainedBlock[] {
  const newestFirst = [...blocks].sort((a, b) => b.maxTimeMs - a.maxTimeMs)
  const byTime =
    limits.timeMs === 0
      ? newestFirst.length
      : firstWhere(newestFirst, (block) => newestMs - block.maxTimeMs >= limits.timeMs)
  let usedBytes = headBytes
  const bySize =
    limits.sizeBytes === 0
      ? newestFirst.length
      : firstWhere(newestFirst, (block) => {
          usedBytes += block.sizeBytes
          return usedBytes > limits.sizeBytes
        })
  return newestFirst.slice(Math.min(byTime, bySize))
}

function firstWhere<T>(all: readonly T[], test: (each: T) => boolean): number {
  const found = all.findIndex(test)
  return found < 0 ? all.length : found
}
