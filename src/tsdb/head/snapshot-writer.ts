import { ByteWriter } from '../../base/byte-writer.ts'
import { NarthexError } from '../../base/errors.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { Intervals } from '../index/intervals.ts'
import { ExemplarEncoder } from '../wal/exemplar-record.ts'
import { addSeries, addText } from '../wal/record.ts'
import type { Head } from './head.ts'
import { ChainWriter } from './snapshot-chains.ts'
import {
  emptySnapshotChunk,
  snapshotRecord,
  writeSnapshotChunk,
  writeSnapshotTombstones,
} from './snapshot-record.ts'

/** Bytes of records that are handed on at once. */
const batchBytes = 1 << 20
/** Upstream's. */
const exemplarsPerRecord = 10_000
const seriesPerTurn = 512

export interface HeadSnapshotTarget {
  log(records: readonly Uint8Array[]): void
  /** Our own records beside: see ChainWriter. */
  logOwn(records: readonly Uint8Array[]): void
}

/** Gathers records, so that each write is a large one. */
class Batch {
  readonly #log: (records: readonly Uint8Array[]) => void
  #records: Uint8Array[] = []
  #bytes = 0

  constructor(log: (records: readonly Uint8Array[]) => void) {
    this.#log = log
  }

  add(record: Uint8Array): void {
    this.#records.push(record)
    this.#bytes += record.length
    if (this.#bytes >= batchBytes) this.flush()
  }

  flush(): void {
    if (this.#records.length > 0) this.#log(this.#records)
    this.#records = []
    this.#bytes = 0
  }
}

/**
 * Writes the head as a memory snapshot (row T4.7): series with their open chunks, then tombstones,
 * then exemplars. Nothing may be appended meanwhile. Answers the head chunk files that the snapshot
 * needs. Throws CLOSED where chunks are in no file, and what the target throws.
 */
export async function writeHeadSnapshot(
  head: Head,
  target: HeadSnapshotTarget,
  otherRefs: readonly number[],
  turn: () => Promise<void> | undefined,
): Promise<ReadonlySet<number>> {
  const writer = new ByteWriter(65_536)
  const records = new Batch((batch) => target.log(batch))
  const own = new Batch((batch) => target.logOwn(batch))
  const chains = new ChainWriter((record) => own.add(record))
  const chunk = emptySnapshotChunk()
  const tombstones: number[] = []
  for (let id = 0; id < head.idCount; id++) {
    if (id % seriesPerTurn === 0) await turn()
    if (!head.isAlive(id) || head.isUnlogged(id)) continue
    writer.reset()
    writer.uint8(snapshotRecord.series)
    writeLabels(head, id, writer)
    writeSnapshotChunk(writer, head.chunks.readOpen(id, chunk) ? chunk : undefined)
    records.add(writer.copy())
    writeChain(head, id, chains)
    addTombstones(head, id, tombstones)
  }
  writeSnapshotTombstones(writer, tombstones)
  records.add(writer.copy())
  writeExemplars(head, writer, records)
  records.flush()
  chains.end(otherRefs)
  own.flush()
  return chains.files
}

/** Those that samples of the head need: in order, which a mark behind the last one says, then others. */
function addTombstones(head: Head, id: number, rows: number[]): void {
  const { outOfOrder, closed, validFromMs } = head
  // See hiddenPart.
  const fromMs = Math.min(validFromMs, closed.oldestLateMs)
  const { tombstones } = head.memory
  const ref = head.ref(id)
  const addFrom = (intervals: Intervals, firstMs: number): number | undefined => {
    let endMs: number | undefined
    for (let at = 0; at < intervals.length; at += 2) {
      const maxTimeMs = intervals[at + 1] ?? 0
      if (maxTimeMs < firstMs) continue
      rows.push(ref, intervals[at] ?? 0, maxTimeMs)
      endMs = maxTimeMs
    }
    return endMs
  }
  const endMs = addFrom(tombstones.of(id), fromMs)
  if (endMs !== undefined) rows.push(ref, endMs + 1, endMs)
  addFrom(tombstones.lateOf(id), Math.min(fromMs, outOfOrder.span.minTimeMs))
}

function writeLabels(head: Head, id: number, writer: ByteWriter): void {
  const { series, symbols } = head.memory
  const pairs = series.labelSet(id)
  addSeries(writer, head.ref(id), pairs.length / 2)
  for (const symbol of pairs) {
    const { bytes, start, end } = symbols.columns.place(symbol)
    addText(writer, bytes, start, end)
  }
}

function writeChain(head: Head, id: number, chains: ChainWriter): void {
  const { series, chunks } = head.memory
  let count = 0
  for (let next = series.chainOf(id); next !== 0; next = chunks.previous(next - 1)) count++
  chains.series(count)
  let age = 0
  for (let next = series.chainOf(id); next !== 0; next = chunks.previous(next - 1)) {
    const entry = next - 1
    const file = chunks.file(entry)
    if (file === 0) throw new NarthexError('CLOSED', 'a full chunk could not be written to a file')
    chains.chunk(age++, file, chunks.place(entry), chunks.maxTimeMs(entry))
  }
}

function writeExemplars(head: Head, writer: ByteWriter, records: Batch): void {
  const encoder = new ExemplarEncoder(writer)
  const value = new Float64Array(1)
  const alive = aliveAmong(head, head.exemplars.refs())
  let count = 0
  const end = () => {
    if (count === 0) return
    const record = writer.copy()
    record[0] = snapshotRecord.exemplars
    records.add(record)
    count = 0
  }
  head.exemplars.each((ref, exemplar) => {
    if (!alive.has(ref)) return
    if (count === 0) encoder.begin()
    value[0] = exemplar.value
    encoder.add(ref, exemplar.timestampMs, halvesOf(value), 0, exemplar.labels)
    if (++count === exemplarsPerRecord) end()
  })
  end()
}

/** Those of the refs that are of series of the head. */
function aliveAmong(head: Head, refs: ReadonlySet<number>): ReadonlySet<number> {
  const alive = new Set<number>()
  if (refs.size === 0) return alive
  for (let id = 0; id < head.idCount; id++) {
    const ref = head.ref(id)
    if (refs.has(ref) && head.isAlive(id)) alive.add(ref)
  }
  return alive
}
