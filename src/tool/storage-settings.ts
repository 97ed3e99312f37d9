import { dirname, resolve } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { UncachedFault } from '../base/node-uncached-files.ts'
import type { RetentionConfig } from '../config/storage-config.ts'
import { UploadedBlocks } from '../tsdb/compact/uploaded-blocks.ts'
import type { DatabaseOptions } from '../tsdb/database-options.ts'
import { flagBytes } from './flag-bytes.ts'
import type { Flags } from './flags.ts'
import { walSegmentBytes } from './wal-segment-size.ts'

/** What the flags say of how the database works. Throws FLAG_INVALID, SETTING_INVALID. */
export function storageSettings(
  flags: Flags,
  tools: Pick<DatabaseOptions, 'fileSystem' | 'clock' | 'logger'>,
): Partial<DatabaseOptions> {
  const { logger } = tools
  const isCompressed = flags.isOn('storage.tsdb.wal-compression')
  const type = flags.text('storage.tsdb.wal-compression-type')
  const path = flags.text('storage.tsdb.delay-compact-file.path')
  const uploaded = path === '' ? undefined : new UploadedBlocks({ ...tools, path })
  return {
    walSegmentBytesMax: walSegmentBytes(flags),
    walCompression: !isCompressed ? 'none' : type === 'zstd' ? 'zstd' : 'snappy',
    blockRangeMs: blockRangeMs(flags),
    blockReloadIntervalMs: reloadIntervalMs(flags, logger),
    blockSegmentBytesMax: chunkSegmentBytes(flags),
    headChunksQueueMax: Math.trunc(flags.number('storage.tsdb.head-chunks-write-queue-size')),
    flushDelayMs: flushDelayMs(flags, logger, Math.random()),
    isHeld: (meta) => uploaded?.isPending(meta) ?? false,
    mergesOverlaps: flags.isOn('storage.tsdb.allow-overlapping-compaction'),
  }
}

/** Upstream takes a range of nothing for its default. */
function blockRangeMs(flags: Flags): number {
  return flags.durationMs('storage.tsdb.min-block-duration') || limits.blockRangeMs
}

const chunkSegmentBytesMin = 1 << 20
/** Upstream's, where the flag is out of bounds. */
const delayPercentAtFirst = 10

/** Undefined where the flag does not say. Throws SETTING_INVALID below 1 MiB, as upstream. */
function chunkSegmentBytes(flags: Flags): number | undefined {
  const name = 'storage.tsdb.max-block-chunk-segment-size'
  const bytes = flagBytes(flags, name)
  if (bytes === 0) return undefined
  if (bytes >= chunkSegmentBytesMin) return bytes
  const value = JSON.stringify(flags.text(name))
  throw new NarthexError('SETTING_INVALID', `flag --${name} takes 1MB or more, not ${value}`)
}

/** How often blocks are looked after; upstream's least is a second. */
function reloadIntervalMs(flags: Flags, logger: Logger): number {
  const name = 'storage.tsdb.block-reload-interval'
  const givenMs = flags.durationMs(name)
  if (givenMs >= 1_000) return givenMs
  logger.warn(`--${name} is less than a second: it is taken as 1s`, { given: flags.text(name) })
  return 1_000
}

/**
 * How long the flush of the head is held back (row T7.6): by chance, up to a share of a block's
 * range, and not at all without the feature. `random` is from 0 to 1.
 */
export function flushDelayMs(flags: Flags, logger: Logger, random: number): number {
  if (!flags.isFeatureOn('delayed-compaction')) return 0
  const name = 'storage.tsdb.delayed-compaction.max-percent'
  const given = Math.trunc(flags.number(name))
  const isValid = given >= 1 && given <= 100
  if (!isValid) logger.warn(`--${name} is not from 1 to 100: it is taken as 10`, { given })
  const percent = isValid ? given : delayPercentAtFirst
  return Math.floor((random * blockRangeMs(flags) * percent) / 100)
}

/** Upstream's names of the commonest file systems, by their magic numbers. */
const diskKinds: ReadonlyMap<number, string> = new Map([
  [0xef53, 'EXT4_SUPER_MAGIC'],
  [0x58465342, 'XFS_SUPER_MAGIC'],
  [0x9123683e, 'BTRFS_SUPER_MAGIC'],
  [0x01021994, 'TMPFS_MAGIC'],
  [0x794c7630, 'OVERLAYFS_SUPER_MAGIC'],
  [0x2fc12fc1, 'ZFS_SUPER_MAGIC'],
  [0x6969, 'NFS_SUPER_MAGIC'],
])

/** Tells which file system the data is on, and warns of NFS (row T1.3). */
export function tellDisk(fileSystem: FileSystem, path: string, logger: Logger): void {
  const { kind } = fileSystem.diskBytes(path)
  const name = diskKinds.get(kind) ?? kind.toString(16)
  if (name !== 'NFS_SUPER_MAGIC') {
    logger.info('Filesystem information', { fs_type: name })
    return
  }
  const words = 'This filesystem is not supported: data may be corrupted or lost on it'
  logger.warn(words, { fs_type: name })
}

/**
 * Whether chunks of blocks are written past the page cache (row T7.8): not on a disk that refuses it,
 * which is told. Throws SETTING_INVALID where the system has no such thing, as upstream.
 */
export function writesUncached(
  flags: Flags,
  logger: Logger,
  fault: () => UncachedFault | undefined,
): boolean {
  if (!flags.isFeatureOn('use-uncached-io')) return false
  const found = fault()
  if (found?.isOfSystem === true) {
    const words = '--enable-feature=use-uncached-io is not supported here'
    throw new NarthexError('SETTING_INVALID', `${words}: ${found.reason}`)
  }
  if (found === undefined) logger.info('Chunks of blocks are written past the page cache')
  else {
    const words =
      'This filesystem cannot be written past the page cache: use-uncached-io does nothing'
    logger.warn(words, { reason: found.reason })
  }
  return found === undefined
}

/**
 * Retention by percentage needs to know how much there is room for (row C7.6): throws CONFIG_INVALID
 * where the system does not tell.
 */
export function demandCapacity(
  fileSystem: FileSystem,
  path: string,
  { percentage, sizeBytes }: RetentionConfig,
  logger: Logger,
): void {
  if (percentage === 0) return
  if (sizeBytes > 0) {
    logger.warn('storage.tsdb.retention.size is ignored: storage.tsdb.retention.percentage is set')
  }
  if (capacityBytes(fileSystem, path) > 0) return
  const words = `the capacity of the file system of ${path} is unknown`
  throw new NarthexError(
    'CONFIG_INVALID',
    `${words}: storage.tsdb.retention.percentage (${percentage}) cannot be kept`,
  )
}

/** Of the closest folder that exists; 0 where the system does not tell. */
function capacityBytes(fileSystem: FileSystem, path: string): number {
  const absolute = resolve(path)
  if (fileSystem.stat(absolute) !== undefined) return fileSystem.diskBytes(absolute).total
  const parent = dirname(absolute)
  return parent === absolute ? 0 : capacityBytes(fileSystem, parent)
}
