import { describe, expect, it } from 'vitest'
import type { Logger } from '../../src/base/logger.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { noRetention } from '../../src/config/storage-config.ts'
import { type Flags, readCommandLine } from '../../src/tool/flags.ts'
import {
  demandCapacity,
  flushDelayMs,
  storageSettings,
  tellDisk,
  writesUncached,
} from '../../src/tool/storage-settings.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'

function flagsOf(...given: readonly string[]): Flags {
  const command = readCommandLine(given)
  if (command.kind !== 'serve') throw new Error('not the server')
  return command.flags
}

function recorder(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const note = (level: string) => (text: string, fields: object) =>
    void lines.push(`${level} ${text} ${JSON.stringify(fields)}`)
  return { logger: { ...silentLogger, warn: note('warn'), info: note('info') } as Logger, lines }
}

function settingsOf(...given: readonly string[]) {
  const { logger, lines } = recorder()
  const tools = { fileSystem: new SimFileSystem(), clock: new SimClock(0), logger }
  return { ...storageSettings(flagsOf(...given), tools), lines }
}

describe('flags of the database', () => {
  it("have upstream's defaults", () => {
    expect(settingsOf()).toMatchObject({
      walSegmentBytesMax: undefined,
      walCompression: 'snappy',
      blockRangeMs: 7_200_000,
      blockReloadIntervalMs: 60_000,
      blockSegmentBytesMax: undefined,
      flushDelayMs: 0,
      mergesOverlaps: true,
      lines: [],
    })
  })

  it('say how the log is compressed', () => {
    expect(settingsOf('--no-storage.tsdb.wal-compression').walCompression).toBe('none')
    const zstd = '--storage.tsdb.wal-compression-type=zstd'
    expect(settingsOf(zstd).walCompression).toBe('zstd')
    expect(settingsOf(zstd, '--no-storage.tsdb.wal-compression').walCompression).toBe('none')
    expect(() => flagsOf('--storage.tsdb.wal-compression-type=lz4')).toThrow('snappy, zstd')
  })

  it('take a block range of nothing for the default', () => {
    expect(settingsOf('--storage.tsdb.min-block-duration=0s').blockRangeMs).toBe(7_200_000)
    expect(settingsOf('--storage.tsdb.min-block-duration=5m').blockRangeMs).toBe(300_000)
  })

  it('are brought within bounds, with a warning, or refused', () => {
    const often = settingsOf('--storage.tsdb.block-reload-interval=10ms')
    expect(often.blockReloadIntervalMs).toBe(1_000)
    expect(often.lines).toEqual([
      'warn --storage.tsdb.block-reload-interval is less than a second: it is taken as 1s {"given":"10ms"}',
    ])
    const size = '--storage.tsdb.max-block-chunk-segment-size'
    expect(settingsOf(`${size}=1MB`).blockSegmentBytesMax).toBe(1 << 20)
    expect(() => settingsOf(`${size}=1023KB`)).toThrow('takes 1MB or more, not "1023KB"')
    expect(settingsOf('--no-storage.tsdb.allow-overlapping-compaction').mergesOverlaps).toBe(false)
  })

  it('put off the flush of the head by chance, up to a share of its range', () => {
    const { logger, lines } = recorder()
    const feature = '--enable-feature=delayed-compaction'
    const share = '--storage.tsdb.delayed-compaction.max-percent'
    const delay = (...given: readonly string[]) => flushDelayMs(flagsOf(...given), logger, 0.5)
    expect(delay(`${share}=50`)).toBe(0)
    expect(delay(feature)).toBe(360_000)
    expect(delay(feature, `${share}=100`)).toBe(3_600_000)
    expect(delay(feature, `${share}=50`, '--storage.tsdb.min-block-duration=10m')).toBe(150_000)
    expect(lines).toEqual([])
    expect(delay(feature, `${share}=101`)).toBe(360_000)
    expect(lines).toHaveLength(1)
  })
})

describe('the file system of the data', () => {
  it('is told at start, and warned of where it is NFS', () => {
    const { logger, lines } = recorder()
    const of = (kind: number) => ({
      ...nodeFileSystem,
      diskBytes: () => ({ total: 1, free: 1, kind }),
    })
    tellDisk(of(0xef53), '/data', logger)
    tellDisk(of(0x1234), '/data', logger)
    tellDisk(of(0x6969), '/data', logger)
    expect(lines).toEqual([
      'info Filesystem information {"fs_type":"EXT4_SUPER_MAGIC"}',
      'info Filesystem information {"fs_type":"1234"}',
      'warn This filesystem is not supported: data may be corrupted or lost on it {"fs_type":"NFS_SUPER_MAGIC"}',
    ])
  })

  it('has a size, which retention by percentage needs', () => {
    const { logger, lines } = recorder()
    expect(nodeFileSystem.diskBytes('/').total).toBeGreaterThan(1 << 20)
    const retention = { ...noRetention, percentage: 50, sizeBytes: 1 }
    const disk = new SimFileSystem()
    demandCapacity(disk, '/not/made/yet', retention, logger)
    expect(lines).toHaveLength(1)
    const unknown = { ...nodeFileSystem, diskBytes: () => ({ total: 0, free: 0, kind: 0 }) }
    demandCapacity(unknown, '/data', noRetention, logger)
    expect(() => demandCapacity(unknown, '/data', retention, logger)).toThrow(
      'the capacity of the file system of /data is unknown: ' +
        'storage.tsdb.retention.percentage (50) cannot be kept',
    )
  })

  it('write past the page cache where the disk can, and say where it cannot', () => {
    const given = (on: boolean) => flagsOf(...(on ? ['--enable-feature=use-uncached-io'] : []))
    const { logger, lines } = recorder()
    const refused = (isOfSystem: boolean) => () => ({ isOfSystem, reason: 'EINVAL' })
    expect(writesUncached(given(false), logger, refused(true))).toBe(false)
    expect(lines).toEqual([])
    expect(writesUncached(given(true), logger, () => undefined)).toBe(true)
    expect(writesUncached(given(true), logger, refused(false))).toBe(false)
    expect(lines[1]).toContain('cannot be written past the page cache')
    expect(() => writesUncached(given(true), logger, refused(true))).toThrow('not supported here')
  })

  it('give full chunks of the head a queue', () => {
    expect(settingsOf().headChunksQueueMax).toBe(0)
    const given = '--storage.tsdb.head-chunks-write-queue-size=500'
    expect(settingsOf(given).headChunksQueueMax).toBe(500)
  })
})
