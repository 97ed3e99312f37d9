import { join } from 'node:path'
import { ByteReadError } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { WalCorruption } from './corruption.ts'
import { type DamagedPart, quarantine } from './quarantine.ts'
import {
  decodeSamples,
  decodeSeries,
  emptySampleRecord,
  nameOfRecordType,
  recordType,
  type SampleRecord,
  type SeriesVisitor,
} from './record.ts'
import { lastCheckpoint, listSegments, type Segment } from './segment-files.ts'
import { SegmentReader } from './segment-reader.ts'

/** Takes what the log holds, in its order. Columns and views are valid during the call. */
export interface ReplayHandler {
  readonly series: SeriesVisitor
  samples(columns: SampleRecord): void
}

export interface ReplayOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly handler: ReplayHandler
  /** After each segment: how many are read, of how many. */
  readonly progress?: (read: number, total: number) => void
}

export interface ReplayResult {
  readonly segments: number
  readonly records: number
  readonly corruptions: readonly WalCorruption[]
  /** Records of kinds that this version does not load, by name: they stay in the log. */
  readonly notLoaded: ReadonlyMap<string, number>
}

/**
 * Reads the newest checkpoint and the segments behind it. Damage costs the record it is in: the bad
 * bytes are copied to `quarantine`, reading goes on at the next page, and a damaged end of the last
 * segment is cut off behind its last good record, so that the next start finds a clean log.
 */
export function replayWal(options: ReplayOptions): ReplayResult {
  const run = new ReplayRun(options)
  const segments = segmentsToRead(options)
  segments.forEach((segment, index) => {
    run.read(segment, index === segments.length - 1)
    options.progress?.(index + 1, segments.length)
  })
  const { records, corruptions, notLoaded } = run
  return { segments: segments.length, records, corruptions, notLoaded }
}

function segmentsToRead({ fileSystem, directory }: ReplayOptions): readonly Segment[] {
  const checkpoint = lastCheckpoint(fileSystem, directory)
  const all = listSegments(fileSystem, directory)
  if (checkpoint === undefined) return all
  const rest = all.filter((segment) => segment.number > checkpoint.segment)
  return [...listSegments(fileSystem, checkpoint.directory), ...rest]
}

class ReplayRun {
  readonly #options: ReplayOptions
  readonly #samples = emptySampleRecord()
  records = 0
  readonly corruptions: WalCorruption[] = []
  readonly notLoaded = new Map<string, number>()

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  read(segment: Segment, isLast: boolean): void {
    const { fileSystem } = this.#options
    const reader = new SegmentReader(fileSystem, segment.path)
    const damage: DamagedPart[] = []
    let open: number | undefined
    try {
      for (;;) {
        const before = reader.goodBytes
        const outcome = this.#readRecord(reader, segment.path)
        if (outcome === 'damaged') {
          open ??= before
          reader.resumeAtNextPage()
          continue
        }
        if (open !== undefined) {
          const end = outcome === 'end' ? reader.sizeBytes : reader.recordStart
          damage.push({ start: open, end })
          open = undefined
        }
        if (outcome === 'end') break
      }
    } finally {
      reader.close()
    }
    this.#quarantine(segment, isLast, damage, reader)
  }

  #readRecord(reader: SegmentReader, path: string): 'read' | 'damaged' | 'end' {
    try {
      const record = reader.next()
      if (record === undefined) return 'end'
      this.#take(record)
      this.records++
      return 'read'
    } catch (thrown) {
      if (thrown instanceof WalCorruption) {
        this.corruptions.push(thrown)
        return 'damaged'
      }
      if (thrown instanceof ByteReadError) {
        // The frame's checksum holds, its content does not: only this record is lost.
        this.corruptions.push(
          new WalCorruption(path, reader.goodBytes, reader.goodBytes, thrown.message),
        )
        return 'read'
      }
      throw thrown
    }
  }

  #take(record: Uint8Array): void {
    const type = record[0] ?? 0
    if (type === recordType.series) decodeSeries(record, this.#options.handler.series)
    else if (type === recordType.samples) {
      decodeSamples(record, this.#samples)
      this.#options.handler.samples(this.#samples)
    } else {
      const name = nameOfRecordType(type)
      this.notLoaded.set(name, (this.notLoaded.get(name) ?? 0) + 1)
    }
  }

  #quarantine(
    segment: Segment,
    isLast: boolean,
    damage: readonly DamagedPart[],
    reader: SegmentReader,
  ): void {
    if (damage.length === 0) return
    const { fileSystem, directory } = this.#options
    for (const part of damage)
      quarantine(fileSystem, join(directory, 'quarantine'), segment.path, part)
    const last = damage.at(-1)
    if (isLast && last !== undefined && last.end === reader.sizeBytes) {
      fileSystem.truncate(segment.path, last.start)
      fileSystem.syncFile(segment.path)
    }
  }
}
