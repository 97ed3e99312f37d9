import { NarthexError } from '../base/errors.ts'
import type { SampleColumns } from '../storage/querier.ts'
import type { SharedSeries } from '../storage/shared-series.ts'
import type { DatabaseReader } from '../tsdb/database-reader.ts'
import type { FloatReader } from '../tsdb/merge/merged-floats.ts'
import { type BoardShape, claimed, declined, noRoom, ReadingBoard } from './reading-board.ts'
import { SlotColumns } from './slot-columns.ts'

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
  try {
    for (let piece = board.claim(); piece !== claimed.none; piece = board.claim()) {
      if (piece === claimed.tooFarAhead) board.waitForTurn(sleepMs)
      else readPiece(board, piece, opened.floats)
      await turnIsOver()
    }
  } finally {
    opened.release()
  }
}

/** Reads the series of a claimed piece into its slot, until one has no room there. */
export function readPiece(board: ReadingBoard, piece: number, reader: FloatReader): void {
  const { firstSeries, seriesEnd, seriesPerPiece } = board.shape
  const slot = board.slot(piece)
  const columns = new SlotColumns(slot)
  const first = firstSeries + piece * seriesPerPiece
  const rows = Math.min(seriesPerPiece, seriesEnd - first)
  let from = 0
  for (let row = 0; row < rows; row++) {
    const end = readSeries(board, first + row, reader, columns, from)
    if (!columns.settle(from, Math.max(from, end))) {
      // Each of the others would be read for nothing, and ask for other memory.
      slot.counts.fill(noRoom, row, rows)
      break
    }
    slot.counts[row] = end === declined ? declined : end - from
    if (end !== declined) from = end
  }
  board.finish(piece)
}

/** Declines what has histograms, too: they are read where they are needed. */
function readSeries(
  { shape }: ReadingBoard,
  series: number,
  reader: FloatReader,
  into: SampleColumns,
  from: number,
): number {
  const passed = reader.histogramChunksPassed
  const read = () => reader.readFloats(series, shape.minTimeMs, shape.maxTimeMs, into, from)
  const end = orUndefined(read) ?? declined
  return reader.histogramChunksPassed === passed ? end : declined
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
