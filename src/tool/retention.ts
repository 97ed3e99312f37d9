import { printSizeBytes } from '../config/size.ts'
import type { RetentionConfig } from '../config/storage-config.ts'
import { printDurationMs } from '../model/duration.ts'
import { flagBytes } from './flag-bytes.ts'
import type { Flags } from './flags.ts'

const defaultTimeMs = 15 * 86_400_000

/** What is kept where the configuration does not say (row F1.21): 15 days without any flag. */
export function retentionOfFlags(flags: Flags): RetentionConfig {
  const timeMs = flags.durationMs('storage.tsdb.retention.time')
  const sizeBytes = flagBytes(flags, 'storage.tsdb.retention.size')
  const isUnset = timeMs === 0 && sizeBytes === 0
  return { timeMs: isUnset ? defaultTimeMs : timeMs, sizeBytes, percentage: 0 }
}

/** As status/runtimeinfo shows it, such as `15d or 512MiB`. */
export function retentionText({ timeMs, sizeBytes, percentage }: RetentionConfig): string {
  const time = timeMs === 0 ? [] : [printDurationMs(timeMs)]
  const size = sizeBytes === 0 ? [] : [printSizeBytes(sizeBytes)]
  const share = percentage === 0 ? [] : [`${percentage}%`]
  return [...time, ...size, ...share].join(' or ')
}

/** The longest block that compaction makes: a tenth of the retention, 31 days at most (row T7.1). */
export function longestBlockMs({ timeMs }: RetentionConfig, flags: Flags): number {
  const given = flags.durationMs('storage.tsdb.max-block-duration')
  if (flags.isGiven('storage.tsdb.max-block-duration') && given > 0) return given
  const monthMs = 31 * 86_400_000
  return timeMs === 0 ? monthMs : Math.min(monthMs, timeMs / 10)
}
