import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { GrowingColumns } from '../model/growing-columns.ts'
import type { SampleColumns } from '../storage/querier.ts'
import type { SharedSeries } from '../storage/shared-series.ts'
import type { DatabaseReader } from '../tsdb/database-reader.ts'
import type { FloatReader } from '../tsdb/merge/merged-floats.ts'
import { type BoardShape, claimed, declined, ReadingBoard } from './reading-board.ts'

/** A select whose series other workers may help to read. */
export interface SharedReadingJob {
  readonly shape: BoardShape
  readonly memory: SharedArrayBuffer
  readonly series: SharedSeries
}

/** How long a helper sleeps at a time when it is too far ahead. */
const sleepMs = 2

/**
 * Reads pieces of another worker's select until there are none left; gives up its turn as queries
 * do. What cannot be read here is left to the owner, who finds out why.
 */
export async function helpReading(
  { shape, memory, series }: SharedReadingJob,
  reader: DatabaseReader,
  turnIsOver: () => Promise<void> | undefined,
): Promise<void> {
  const board = new ReadingBoard(shape, memory)
  const opened = orUndefined(() => reader.openShared(series))
  if (opened === undefined) return
  const scratch = new GrowingColumns(limits.sharedPieceSamples)
  try {
    for (let piece = board.claim(); piece !== claimed.none; piece = board.claim()) {
      if (piece === claimed.tooFarAhead) board.waitForTurn(sleepMs)
      else readPiece(board, piece, opened.floats, scratch)
      await turnIsOver()
    }
  } finally {
    opened.release()
  }
}

/** Reads the series of a claimed piece into its slot. */
export function readPiece(
  board: ReadingBoard,
  piece: number,
  reader: FloatReader,
  scratch: GrowingColumns,
): void {
  const { firstSeries, seriesEnd, seriesPerPiece } = board.shape
  const counts = board.counts(piece)
  const [times, values] = [board.times(piece), board.values(piece)]
  const first = firstSeries + piece * seriesPerPiece
  const rows = Math.min(seriesPerPiece, seriesEnd - first)
  let end = 0
  for (let row = 0; row < rows; row++) {
    const count = readSeries(board, first + row, reader, scratch)
    const isHere = count !== declined && end + count <= times.length
    counts[row] = isHere ? count : declined
    if (!isHere) continue
    times.set(scratch.timestampsMs.subarray(0, count), end)
    values.set(scratch.values.subarray(0, count), end)
    end += count
  }
  board.finish(piece)
}

/** Declines what has histograms, too: they are read where they are needed. */
function readSeries(
  { shape }: ReadingBoard,
  series: number,
  reader: FloatReader,
  into: SampleColumns,
): number {
  const passed = reader.histogramChunksPassed
  const read = () => reader.readFloats(series, shape.minTimeMs, shape.maxTimeMs, into)
  const count = orUndefined(read) ?? declined
  return reader.histogramChunksPassed === passed ? count : declined
}

/** The owner meets the same fault in its turn, and tells of it. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof NarthexError) return undefined
    throw thrown
  }
}
