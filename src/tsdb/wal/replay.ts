import { AssertionError } from '../../base/assert.ts'
import { messageOf } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { BatchScan } from './batch-scan.ts'
import type { WalCorruption } from './corruption.ts'
import type { CoveredSpans } from './covered-spans.ts'
import { filesOfLog } from './log-files.ts'
import { type LogLayout, surveyLog, tidyLog } from './log-layout.ts'
import type { LogFile, ReadAhead } from './read-ahead.ts'
import { RecordDecoder, type RecordHandler } from './record-decoder.ts'
import { SegmentRepair } from './repair.ts'
import { pageBytes, type Segment } from './segment-files.ts'
import { SegmentScan } from './segment-scan.ts'

export type ReplayHandler = RecordHandler

/**
 * Segment numbers, as /api/v1/status/walreplay tells them; `current` is the last one read. As in
 * Prometheus, `max` is the one that will be written behind those there are: read once they are.
 */
export interface ReplayStatus {
  readonly min: number
  readonly max: number
  readonly current: number
}

/** What is `covered` need not be handed on. Undefined where the segments are not worth other threads. */
export type BeginReadAhead = (
  segments: readonly LogFile[],
  covered?: CoveredSpans,
) => ReadAhead | undefined

/** Threads that read large logs ahead. */
export interface LogReaders {
  /** These will be asked for soon: they may be read as far as there is room for what is read. */
  prepare(segments: readonly LogFile[]): void
  readonly begin: BeginReadAhead
  /** No log is read any more. */
  end(): void
}

export interface ReplayOptions {
  readonly fileSystem: FileSystem
  /** Of a log in this format, under any name: the write-ahead log, or that of out-of-order samples. */
  readonly directory: string
  readonly handler: ReplayHandler
  /** What stands before is known: a segment, and a place in it. */
  readonly from?: { readonly segment: number; readonly offsetBytes: number } | undefined
  /** After each segment: how many are read, of how many. */
  readonly progress?: (read: number, total: number) => void
  /** Before the first segment, after each and after all. */
  readonly status?: (status: ReplayStatus) => void
  /** Of the segments' indexes, if there are any: see RecordIndex. */
  readonly indexDirectory?: string
  /** Begins to read the segments in other threads; undefined where they are not worth it. */
  readonly readAhead?: ((segments: readonly LogFile[]) => ReadAhead | undefined) | undefined
}

export interface ReplayResult {
  readonly segments: number
  readonly records: number
  /** Each damaged part once, with its place. */
  readonly corruptions: readonly WalCorruption[]
  /** What else is not as a log should be: missing segments, stray files, repairs that failed. */
  readonly findings: readonly string[]
  /** Records of kinds that the handler does not take, by name: they stay in the log. */
  readonly notLoaded: ReadonlyMap<string, number>
  readonly histogramsPassedOver: number
}

/** Some milliseconds of work. */
const stepBytes = 2 * pageBytes

/**
 * Reads the newest checkpoint and the segments behind it, a window of half a MiB at a time, and
 * leaves a clean log: damage costs the records it is in, its bytes go to `quarantine`, and the
 * segment is written anew without it. Only reads and repairs: open the writer afterwards.
 */
export function replayWal(options: ReplayOptions): ReplayResult {
  const run = new ReplayRun(options)
  while (run.step()) {
    // Whoever calls this form waits for the whole log.
  }
  return run.result()
}

/** The same in turns of some milliseconds each: `turn` lets other work go on in between. */
export async function replayWalInTurns(
  options: ReplayOptions,
  turn: () => Promise<void>,
): Promise<ReplayResult> {
  const run = new ReplayRun(options)
  try {
    run.readAhead()
    for (;;) {
      await run.ready()
      if (!run.step()) return run.result()
      await turn()
    }
  } finally {
    run.close()
  }
}

class ReplayRun {
  readonly #options: ReplayOptions
  readonly #layout: LogLayout
  readonly #checkpointSegments: readonly Segment[]
  readonly #files: readonly (Segment & LogFile)[]
  readonly #decoder: RecordDecoder
  readonly #corruptions: WalCorruption[] = []
  readonly #findings: string[]
  #index = -1
  #bytesBefore = 0
  #scan: SegmentScan | BatchScan | undefined
  #ahead: ReadAhead | undefined
  #repair: SegmentRepair | undefined
  #records = 0

  constructor(options: ReplayOptions) {
    this.#options = options
    const { fileSystem, directory, handler } = options
    const layout = surveyLog(fileSystem, directory)
    this.#layout = layout
    const from = options.from?.segment ?? 0
    const { checkpoint, files } = filesOfLog(fileSystem, layout, from, options.indexDirectory)
    this.#checkpointSegments = checkpoint
    this.#files = files
    this.#findings = [...layout.findings]
    this.#decoder = new RecordDecoder(handler)
    this.#tellStatus()
  }

  /** Has other threads read, where there is enough to read. */
  readAhead(): void {
    const { readAhead, from } = this.#options
    // Behind a memory snapshot there is little left to read, and not from a segment's start.
    if (readAhead === undefined || from !== undefined) return
    this.#ahead = readAhead(this.#files)
  }

  /** Waits for what step() works on next. */
  async ready(): Promise<void> {
    if (!(this.#scan instanceof BatchScan)) return
    await this.#scan.ready()
    if (this.#scan.isOnItsOwn) this.#ahead = undefined
  }

  close(): void {
    this.#ahead?.stop()
    this.#ahead = undefined
  }

  /** A few milliseconds of work; false when all is done. */
  step(): boolean {
    if (this.#repair !== undefined) {
      this.#stepRepair()
      return true
    }
    if (this.#scan !== undefined) {
      if (!this.#scan.advance(stepBytes)) this.#endSegment(this.#scan)
      else this.#tellShare(this.#scan.offset)
      return true
    }
    return this.#nextSegment()
  }

  result(): ReplayResult {
    const { histogramsPassedOver, notLoaded } = this.#decoder
    return {
      segments: this.#files.length,
      records: this.#records,
      corruptions: this.#corruptions,
      findings: this.#findings,
      notLoaded,
      histogramsPassedOver,
    }
  }

  #nextSegment(): boolean {
    if (this.#index >= 0) {
      this.#options.progress?.(this.#index + 1, this.#files.length)
      this.#tellStatus()
    }
    this.#index++
    const { fileSystem, directory } = this.#options
    const segment = this.#files[this.#index]
    if (segment === undefined) {
      this.#tellStatus()
      this.#findings.push(...tidyLog(fileSystem, directory, this.#layout))
      return false
    }
    const { from } = this.#options
    const isFirst =
      this.#index >= this.#checkpointSegments.length && segment.number === from?.segment
    const options = {
      fileSystem,
      path: segment.path,
      startBytes: isFirst ? from.offsetBytes : 0,
      isLast: this.#isLast(),
      take: (record: Uint8Array) => this.#decoder.take(record),
    }
    const ahead = this.#ahead
    this.#scan =
      ahead === undefined
        ? new SegmentScan(options)
        : new BatchScan(options, ahead, this.#index, this.#decoder)
    return true
  }

  /** Nothing is behind it, and it is no checkpoint's. */
  #isLast(): boolean {
    const isCheckpoint = this.#index < this.#checkpointSegments.length
    return this.#index === this.#files.length - 1 && !isCheckpoint
  }

  /** At this place of the file that is read now. */
  #tellShare(offset: number): void {
    const bytes = this.#files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const share = (this.#bytesBefore + offset) / Math.max(bytes, 1)
    this.#options.handler.comesTo?.(Math.min(share, 1))
  }

  #endSegment(scan: SegmentScan | BatchScan): void {
    scan.close()
    this.#scan = undefined
    this.#bytesBefore += this.#files[this.#index]?.sizeBytes ?? 0
    this.#tellShare(0)
    this.#records += scan.records
    this.#corruptions.push(...scan.corruptions)
    const path = this.#files[this.#index]?.path
    if (path === undefined || scan.damage.length === 0 || scan.isUnreadable) return
    const { fileSystem, directory } = this.#options
    const { damage, sizeBytes } = scan
    this.#repairing(() => {
      this.#repair = new SegmentRepair({
        fileSystem,
        logDirectory: directory,
        path,
        sizeBytes,
        damage,
        isLast: this.#isLast(),
      })
    })
  }

  #stepRepair(): void {
    this.#repairing(() => {
      if (this.#repair?.step(stepBytes) !== true) this.#repair = undefined
    })
  }

  /** A log that cannot be repaired now (a full disk, say) is read all the same. */
  #repairing(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
      this.#repair?.close()
      this.#repair = undefined
      this.#findings.push(
        `${this.#files[this.#index]?.path} could not be repaired: ${messageOf(thrown)}`,
      )
    }
  }

  #tellStatus(): void {
    const { checkpoint, segments } = this.#layout
    const min = checkpoint?.segment ?? segments[0]?.number ?? 0
    const last = segments.at(-1)
    const max = last === undefined ? min : last.number + 1
    const isBefore = this.#index < this.#checkpointSegments.length
    const current = isBefore ? min : (this.#files[this.#index]?.number ?? max)
    this.#options.status?.({ min, max, current })
  }
}
