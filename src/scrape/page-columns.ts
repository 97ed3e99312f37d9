import type { ScannedRows } from '../kernels/known-lines.ts'
import type { Labels } from '../model/labels.ts'
import { halvesOf } from '../model/stale-nan.ts'
import type { MetricMetadata } from '../storage/metadata.ts'
import type { Exemplar } from './exposition.ts'
import { HistogramColumns } from './histogram-columns.ts'

/**
 * Samples of one page on their way to the appender. One instance serves all targets: pages are
 * read and appended within one turn of the event loop.
 */
export class PageColumns implements ScannedRows {
  count = 0
  ids = new Uint32Array(initialRows)
  timestampsMs = new Float64Array(initialRows)
  values = new Float64Array(initialRows)
  halves = halvesOf(this.values)
  /** The cache entry of a row; inverted (~) where the row does not count for staleness. */
  entries = new Int32Array(initialRows)
  /** Series that the cache has no id for: entry and labels in step. */
  readonly newEntries: number[] = []
  readonly newLabels: Labels[] = []
  /** Entries of those that are counted as added. */
  readonly addedEntries: number[] = []
  /** Start timestamps beside the rows, 0 = none; only where a page may have them. */
  startsMs = new Float64Array(initialRows)
  hasStarts = false
  /** 1 beside rows that are refused out of order, window or not; only where `hasOrder`. */
  inOrder = new Uint8Array(initialRows)
  hasOrder = false
  /** Entries whose row was taken back: a first sample that is a start only. */
  readonly heldBack = new Set<number>()
  /** Those of them that the database knows: they count for staleness. */
  readonly aliveEntries: number[] = []
  readonly histograms = new HistogramColumns()
  /** How many floats came before the sample limit was reached; of a page of floats alone, Infinity. */
  floatsWithinLimit = Number.POSITIVE_INFINITY
  /** Exemplars, by the rows that they belong to; those of histograms are inverted (~). */
  readonly exemplars: { readonly row: number; readonly exemplar: Exemplar }[] = []

  /** What the metrics of rows are, where that is new; rows of histograms are inverted (~). */
  readonly metadata: { readonly row: number; readonly metadata: MetricMetadata }[] = []

  clear(): void {
    this.count = 0
    this.floatsWithinLimit = Number.POSITIVE_INFINITY
    this.hasStarts = false
    this.hasOrder = false
    // An empty Set that is cleared gets a new table all the same, and the old one keeps that alive.
    if (this.heldBack.size > 0) this.heldBack.clear()
    this.aliveEntries.length = 0
    this.histograms.clear()
    this.newEntries.length = 0
    this.newLabels.length = 0
    this.addedEntries.length = 0
    this.exemplars.length = 0
    this.metadata.length = 0
  }

  grow(): void {
    const rows = this.values.length * 2
    this.ids = copied(new Uint32Array(rows), this.ids)
    this.timestampsMs = copied(new Float64Array(rows), this.timestampsMs)
    this.values = copied(new Float64Array(rows), this.values)
    this.halves = halvesOf(this.values)
    this.entries = copied(new Int32Array(rows), this.entries)
    this.startsMs = copied(new Float64Array(rows), this.startsMs)
    this.inOrder = copied(new Uint8Array(rows), this.inOrder)
  }

  /** The id in the head of a row, as `exemplars` and `metadata` name it. */
  idOf(row: number): number {
    return (row < 0 ? this.histograms.ids[~row] : this.ids[row]) ?? 0
  }

  timestampMsOf(row: number): number {
    return (row < 0 ? this.histograms.timestampsMs[~row] : this.timestampsMs[row]) ?? 0
  }
}

const initialRows = 4_096

interface Column {
  set(from: ArrayLike<number>): void
}

function copied<T extends Column>(to: T, from: ArrayLike<number>): T {
  to.set(from)
  return to
}
