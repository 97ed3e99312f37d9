import { limits } from '../base/limits.ts'
import { lineKind, lineMark, unresolvedId } from '../kernels/known-lines.ts'
import { faultOfHistogram } from '../model/histogram-validity.ts'
import { seriesId } from '../model/samples.ts'
import { writeStaleAt } from '../model/stale-nan.ts'
import { type Appender, makesSeries, refusal } from '../storage/appender.ts'
import { appendExemplars } from './append-exemplars.ts'
import type { PageColumns } from './page-columns.ts'
import { ScrapeFault } from './scrape-fault.ts'
import type { SeriesCache } from './series-cache.ts'

/** Samples that the head did not take, by reason (row S4.2). */
export interface RefusedSamples {
  outOfOrder: number
  outOfBounds: number
  duplicate: number
  /** Exemplars older than the newest of their series. */
  exemplarsOutOfOrder: number
  /** New series of which no sample was taken. */
  newSeries: number
}

/**
 * Stages the rows of a page: series that are new get their ids first. Then marks what counts for
 * staleness in the cache. Nothing is committed. Throws HistogramRowFault, and what the appender throws.
 */
export function appendPage(
  appender: Appender,
  cache: SeriesCache,
  columns: PageColumns,
  refused: RefusedSamples,
): void {
  resolveNew(appender, cache, columns)
  const { ids, timestampsMs, values, count } = columns
  const startsMs = columns.hasStarts ? columns.startsMs : undefined
  const options = columns.hasOrder ? { inOrderRows: columns.inOrder } : undefined
  const outcome = appender.append(ids, timestampsMs, values, count, startsMs, options)
  const refusedRows = new Set<number>(outcome.refusedIndex.subarray(0, outcome.refused))
  for (const code of outcome.refusedCode.subarray(0, outcome.refused)) countRefusal(code, refused)
  try {
    appendHistograms(appender, columns, refusedRows, refused)
  } finally {
    forgetStarts(cache, columns, refusedRows)
  }
  refused.exemplarsOutOfOrder += appendExemplars(appender, columns, refusedRows)
  for (const { row, metadata } of columns.metadata) {
    appender.appendMetadata(seriesId(columns.idOf(row)), metadata)
  }
  for (const entry of columns.aliveEntries) cache.track(entry)
  const isRefused = refusedRows.size > 0
  for (let row = 0; row < count; row++) {
    const entry = columns.entries[row] ?? 0
    if (entry > 0 && !(isRefused && refusedRows.has(row))) cache.track(entry)
  }
  const { histograms } = columns
  for (let row = 0; row < histograms.count; row++) {
    const entry = histograms.entries[row] ?? 0
    if (entry > 0 && !refusedRows.has(~row)) cache.track(entry)
  }
  if (isRefused) refused.newSeries += forgetRefused(cache, columns, refusedRows)
}

/** New series of which nothing was taken are new the next time again; answers how many they are. */
function forgetRefused(
  cache: SeriesCache,
  columns: PageColumns,
  refusedRows: ReadonlySet<number>,
): number {
  if (columns.addedEntries.length === 0) return 0
  const isNew = new Set(columns.addedEntries)
  for (const entry of columns.heldBack) isNew.delete(entry)
  for (let row = 0; row < columns.count; row++) {
    if (!refusedRows.has(row)) isNew.delete(entryOf(columns.entries[row]))
  }
  const { histograms } = columns
  for (let row = 0; row < histograms.count; row++) {
    if (!refusedRows.has(~row)) isNew.delete(entryOf(histograms.entries[row]))
  }
  for (const entry of isNew) {
    cache.ids[entry] = unresolvedId
    cache.refused.add(entry)
  }
  return isNew.size
}

/** A counter without a start of its own begins anew behind a sample that was refused. */
function forgetStarts(
  cache: SeriesCache,
  { entries, histograms }: PageColumns,
  refusedRows: ReadonlySet<number>,
): void {
  if (cache.starts === undefined) return
  for (const row of refusedRows) {
    cache.starts.forget(entryOf(row < 0 ? histograms.entries[~row] : entries[row]))
  }
}

/** Rows that do not count for staleness have theirs inverted. */
export function entryOf(entry = 0): number {
  return entry < 0 ? ~entry : entry
}

/**
 * Of a page that failed: series of the rows before what made it fail are not gone, as upstream has it,
 * although no sample of them is kept. Those of rows over the sample limit are.
 */
export function keepAlive(cache: SeriesCache, columns: PageColumns, samplesMax: number): void {
  const rowsMax = samplesMax > 0 ? samplesMax : Number.POSITIVE_INFINITY
  const floats = Math.min(columns.count, columns.floatsWithinLimit, rowsMax)
  for (const entry of columns.aliveEntries) cache.track(entry)
  trackKnown(cache, columns.entries, floats)
  const { entries, count } = columns.histograms
  trackKnown(cache, entries, Math.min(count, rowsMax - floats))
}

function trackKnown(cache: SeriesCache, entries: Int32Array, count: number): void {
  for (let row = 0; row < count; row++) {
    const entry = entries[row] ?? 0
    if (entry > 0 && cache.ids[entry] !== unresolvedId) cache.track(entry)
  }
}

function resolveNew(appender: Appender, cache: SeriesCache, columns: PageColumns): void {
  if (columns.newEntries.length === 0) return
  const unmade = entriesToLeave(appender, cache, columns)
  columns.newEntries.forEach((entry, index) => {
    const labels = columns.newLabels[index]
    if (labels === undefined || unmade?.has(entry) === true) return
    cache.ids[entry] = appender.series(labels)
  })
  for (const rows of [columns, columns.histograms]) {
    for (let row = 0; row < rows.count; row++) {
      const entry = rows.entries[row] ?? 0
      rows.ids[row] = cache.ids[entryOf(entry)] ?? 0
    }
  }
}

/**
 * New entries all of whose rows are refused for their time: as upstream, no series is made for them.
 * Undefined where a page, as most do, has none.
 */
function entriesToLeave(
  appender: Appender,
  cache: SeriesCache,
  columns: PageColumns,
): Set<number> | undefined {
  const left = new Set<number>()
  eachNewRow(cache, columns, (entry, timestampMs) => {
    if (!makesSeries(appender.refusalOfFirst(timestampMs))) left.add(entry)
  })
  if (left.size === 0) return undefined
  eachNewRow(cache, columns, (entry, timestampMs) => {
    if (makesSeries(appender.refusalOfFirst(timestampMs))) left.delete(entry)
  })
  return left
}

function eachNewRow(
  cache: SeriesCache,
  columns: PageColumns,
  visit: (entry: number, timestampMs: number) => void,
): void {
  for (const { entries, timestampsMs, count } of [columns, columns.histograms]) {
    for (let row = 0; row < count; row++) {
      const entry = entryOf(entries[row])
      if (cache.ids[entry] === unresolvedId) visit(entry, timestampsMs[row] ?? 0)
    }
  }
}

const discardsLate = { discardOutOfOrder: true }

/** A row of histograms that no database takes: the page ends in front of it. */
export class HistogramRowFault extends ScrapeFault {
  constructor(
    message: string,
    readonly row: number,
  ) {
    super(message)
  }
}

/** Adds the inverted rows of those that were refused. Throws HistogramRowFault for what is unsound. */
function appendHistograms(
  appender: Appender,
  columns: PageColumns,
  refusedRows: Set<number>,
  refused: RefusedSamples,
): void {
  const { histograms } = columns
  for (let row = 0; row < histograms.count; row++) {
    const histogram = histograms.at(row)
    const code = appender.appendHistogram(
      seriesId(histograms.ids[row] ?? 0),
      histograms.timestampsMs[row] ?? 0,
      histogram,
      histograms.startsMs[row] ?? 0,
      columns.hasOrder && histograms.inOrder[row] === 1 ? discardsLate : undefined,
    )
    if (code === 0) continue
    if (code === refusal.invalidHistogram) {
      const words = faultOfHistogram(histogram)?.message ?? 'histogram is not valid'
      throw new HistogramRowFault(words, row)
    }
    if (code === refusal.histogramTooLarge) {
      throw new HistogramRowFault(`histogram of more than ${limits.histogramPartsMax} parts`, row)
    }
    refusedRows.add(~row)
    countRefusal(code, refused)
  }
}

function countRefusal(code: number | undefined, refused: RefusedSamples): void {
  if (code === refusal.outOfOrder) refused.outOfOrder++
  else if (code === refusal.duplicateTimestamp) refused.duplicate++
  else refused.outOfBounds++
}

/**
 * Stages a stale marker for every series that the page before left a sample of and that the
 * current one did not (row S4.1). What the head refuses is newer than the marker, so nothing is
 * lost. The columns are used up.
 */
export function appendStaleMarkers(
  appender: Appender,
  cache: SeriesCache,
  columns: PageColumns,
  timeMs: number,
): void {
  columns.clear()
  let isAlive: Set<number> | undefined
  for (let entry = 1; entry < cache.size; entry++) {
    const isGone = ((cache.marks[entry] ?? 0) & lineMark.trackedBefore) !== 0
    if (!isGone || cache.kinds[entry] !== lineKind.series) continue
    const id = cache.ids[entry] ?? unresolvedId
    // Relabelling may have made one series of two lines; it lives as long as one of them does.
    isAlive ??= trackedIds(cache)
    if (id === unresolvedId || isAlive.has(id)) continue
    isAlive.add(id)
    addMarker(columns, id, timeMs)
  }
  if (columns.count > 0) {
    // A marker behind a newer sample would say that the series ended there, and it has not.
    const options = { discardOutOfOrder: true }
    appender.append(
      columns.ids,
      columns.timestampsMs,
      columns.values,
      columns.count,
      undefined,
      options,
    )
  }
}

function addMarker(columns: PageColumns, id: number, timeMs: number): void {
  if (columns.count === columns.values.length) columns.grow()
  const row = columns.count++
  columns.ids[row] = id
  columns.timestampsMs[row] = timeMs
  writeStaleAt(columns.halves, row)
}

function trackedIds(cache: SeriesCache): Set<number> {
  const ids = new Set<number>()
  for (let entry = 1; entry < cache.size; entry++) {
    const isTracked = ((cache.marks[entry] ?? 0) & lineMark.tracked) !== 0
    if (isTracked) ids.add(cache.ids[entry] ?? unresolvedId)
  }
  return ids
}
