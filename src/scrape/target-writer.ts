import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { ScrapeConfig } from '../config/config.ts'
import { joinBody } from '../http/decode-body.ts'
import { lineKind, type PageScanner } from '../kernels/known-lines.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import type { Appendable, Appender } from '../storage/appender.ts'
import {
  appendPage,
  appendStaleMarkers,
  entryOf,
  HistogramRowFault,
  keepAlive,
  type RefusedSamples,
} from './append-page.ts'
import { CounterStarts, type HistogramArithmetic } from './counter-starts.ts'
import type { PageRules } from './entry-source.ts'
import { ExpositionError } from './exposition.ts'
import type { FetchedPage } from './fetch.ts'
import { histogramFitter } from './fit-histogram.ts'
import type { LineShapes } from './line-shapes.ts'
import { isOfFamily } from './metric-family.ts'
import { type PageFormat, pageFormat } from './negotiation.ts'
import { openPage } from './open-page.ts'
import type { PageColumns } from './page-columns.ts'
import type { PageSink, PageTally, RowOptions } from './page-rows.ts'
import type { ProtobufScratch } from './parse-protobuf.ts'
import { readEntries } from './read-entries.ts'
import { type Page, readPage } from './read-page.ts'
import { ReportSeries } from './report.ts'
import { sampleLabels } from './sample-labels.ts'
import { ScrapeFault } from './scrape-fault.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import { SeriesCache } from './series-cache.ts'
import type { SynthesisOptions } from './start-synthesis.ts'
import type { Target } from './target.ts'
import type { TargetMetadata } from './target-metadata.ts'

/** Memory that all targets share: a page is read and appended within one turn. */
export interface ScrapeScratch {
  readonly scanner: PageScanner
  readonly columns: PageColumns
  readonly protobuf: ProtobufScratch
  /** What the lines of targets that are alike have in common. */
  readonly shapes: LineShapes
}

/** What flags of the server ask of every scrape. */
export interface ScrapeFeatures {
  /** --enable-feature=type-and-unit-labels (row S3.5). */
  readonly typeAndUnitLabels: boolean
  /** Start timestamps are read: for st-storage or created-timestamp-zero-ingestion (row S4.12). */
  readonly takesStarts: boolean
  /** --enable-feature=st-synthesis: start timestamps are made up for counters that tell none. */
  readonly synthesis?: HistogramArithmetic
}

export interface WriterOptions {
  readonly target: Target
  readonly config: ScrapeConfig
  readonly appendable: Appendable
  readonly scratch: ScrapeScratch
  readonly metadata: TargetMetadata
  readonly features: ScrapeFeatures
  readonly metrics: ScrapeMetrics
  readonly clock: Clock
  readonly logger: Logger
}

export interface WriteOutcome {
  readonly fault: ScrapeFault | undefined
  readonly durationSeconds: number
}

/**
 * Turns what was fetched from one target into samples: page, stale markers and report in one
 * transaction. It owns what is known about the target's series from scrape to scrape.
 */
export class TargetWriter {
  readonly metadata: TargetMetadata
  readonly #options: WriterOptions
  readonly #cache: SeriesCache
  readonly #report: ReportSeries
  readonly #rules: PageRules
  readonly #sink: PageSink
  readonly #fit: (histogram: NativeHistogram) => boolean
  #epoch: number
  /** Entries after the last good page; a cache much larger than that is being filled by failures. */
  #goodSize = 0
  /** The database was told what the series of the last page are. */
  #isMetadataTold = false
  /** The last commit failed. */
  #isFailing = false
  /** The last page was so large that it was told of. */
  #isLarge = false

  /** `heir` hands on the series of an earlier writer of the same target and the same rules. */
  constructor(options: WriterOptions, heir?: SeriesCache) {
    this.#options = options
    this.metadata = options.metadata
    const { synthesis } = options.features
    const starts = synthesis && new CounterStarts(synthesis)
    this.#cache = heir ?? new SeriesCache(options.scratch.shapes, starts)
    this.#report = new ReportSeries(options.target.labels, options.config.extraScrapeMetrics)
    this.#rules = pageRules(options)
    this.#sink = pageSink(options)
    this.#fit = histogramFitter(options.config)
    this.#epoch = options.appendable.epoch
  }

  get cache(): SeriesCache {
    return this.#cache
  }

  /** Appends and commits; `startMs` is when the scrape began, by the monotonic clock. */
  write(fetched: FetchedPage | ScrapeFault, timeMs: number, startMs: number): WriteOutcome {
    const { appendable, clock, config, metrics, scratch, target } = this.#options
    this.#followEpoch()
    const tally = noneTallied()
    const refused = noneRefused()
    let appender = appendable.appender()
    let fault = fetched instanceof ScrapeFault ? fetched : undefined
    if (fetched instanceof ScrapeFault) this.#cache.beginGeneration()
    else {
      this.#tellLarge(fetched.body.bodyBytes)
      fault = this.#writePage(appender, fetched, timeMs, tally, refused)
    }
    if (fault !== undefined) {
      appender.rollback()
      appender = appendable.appender()
    }
    appendStaleMarkers(appender, this.#cache, scratch.columns, timeMs)
    const durationSeconds = (clock.monotonicMs() - startMs) / 1_000
    this.#report.append(appender, scratch.columns, timeMs, {
      up: fault === undefined,
      durationSeconds,
      samplesScraped: tally.total,
      samplesAfterRelabeling: tally.added,
      seriesAdded: tally.newSeries - refused.newSeries,
      timeoutSeconds: target.timeoutMs / 1_000,
      samplesMax: config.limits.samplesMax,
      bodyBytes: bodyBytesOf(fetched),
    })
    const isCommitted = this.#commit(appender)
    if (config.extraScrapeMetrics) {
      metrics.scrapeSeconds.observe((clock.monotonicMs() - startMs) / 1_000)
    }
    if (isCommitted && fault === undefined) this.#isMetadataTold = true
    if (!isCommitted) {
      this.#isMetadataTold = false
      this.#report.forgetIds()
    }
    this.#count(tally, refused)
    // An empty answer tells nothing of what is gone for good, as upstream has it.
    this.#sweep(fault === undefined && bodyBytesOf(fetched) > 0)
    return { fault, durationSeconds }
  }

  /** A page without body_size_limit that is unusually large: counted, and told once. */
  #tellLarge(bodyBytes: number): void {
    const wasLarge = this.#isLarge
    this.#isLarge = bodyBytes > limits.scrapeBodyBytesWarned
    if (!this.#isLarge) return
    const { logger, metrics, target } = this.#options
    metrics.largeBodies.add()
    if (wasLarge) return
    logger.warn('Scraped page is unusually large; body_size_limit would refuse it', {
      target: target.url.text,
      bytes: bodyBytes,
      warned_above: limits.scrapeBodyBytesWarned,
    })
  }

  /** Marks everything of the target stale, its report series too. */
  writeStale(timeMs: number): void {
    const { appendable, scratch } = this.#options
    this.#followEpoch()
    const appender = appendable.appender()
    this.#cache.beginGeneration()
    appendStaleMarkers(appender, this.#cache, scratch.columns, timeMs)
    this.#report.appendStale(appender, scratch.columns, timeMs)
    this.#commit(appender)
  }

  /** Stages a page; the fault that makes the scrape fail, or undefined. */
  #writePage(
    appender: Appender,
    fetched: FetchedPage,
    timeMs: number,
    tally: PageTally,
    refused: RefusedSamples,
  ): ScrapeFault | undefined {
    const { columns } = this.#options.scratch
    if (fetched.body.bodyBytes === 0) {
      this.#cache.beginGeneration()
      return undefined
    }
    try {
      this.#readWithin(fetched, timeMs, tally, appender.takesMetadata)
      appendPage(appender, this.#cache, columns, refused)
      return undefined
    } catch (thrown) {
      if (thrown instanceof HistogramRowFault) this.#endBefore(thrown.row, tally)
      return faultOf(thrown)
    }
  }

  /** As if the page had been read up to that row of histograms only. */
  #endBefore(row: number, tally: PageTally): void {
    const { config, scratch } = this.#options
    const { columns } = scratch
    const { histograms, addedEntries } = columns
    const { floats, lines, added, newSeries } = histograms.countsOf(row)
    columns.count = floats
    histograms.count = row
    tally.total = lines
    tally.added = added - 1
    const own = entryOf(histograms.entries[row])
    tally.newSeries = newSeries - (addedEntries[newSeries - 1] === own ? 1 : 0)
    keepAlive(this.#cache, columns, config.limits.samplesMax)
  }

  #readWithin(
    fetched: FetchedPage,
    timeMs: number,
    tally: PageTally,
    takesMetadata: boolean,
  ): void {
    const { config, scratch } = this.#options
    scratch.columns.clear()
    try {
      this.#read(fetched, timeMs, tally, takesMetadata)
      this.#checkLimits(tally)
    } catch (thrown) {
      keepAlive(this.#cache, scratch.columns, config.limits.samplesMax)
      throw thrown
    }
  }

  #read(fetched: FetchedPage, timeMs: number, tally: PageTally, takesMetadata: boolean): void {
    const { config, scratch } = this.#options
    const wanted = this.#isMetadataTold ? 'new' : 'all'
    this.#isMetadataTold = false
    const generation = this.#cache.generation
    try {
      const format = pageFormat(fetched.contentType, config.fallbackProtocol)
      const page = this.#page(fetched, format)
      const opened = openPage(page, format, scratch, this.#rules)
      const rows: RowOptions = {
        scanner: scratch.scanner,
        cache: this.#cache,
        columns: scratch.columns,
        tally,
        scrapeTimeMs: timeMs,
        honorTimestamps: config.honorTimestamps,
        trackTimestamps: config.trackTimestampsStaleness,
        samplesMax: config.limits.samplesMax,
        seriesMetadata: takesMetadata ? wanted : 'none',
        sink: this.#sink,
      }
      if (opened.by === 'lines') readPage(rows, { page, parser: opened.parser })
      else {
        const { source } = opened
        const { takesStarts } = this.#rules
        const synthesis = this.#synthesis()
        readEntries(rows, { page, source, fitHistogram: this.#fit, takesStarts, synthesis })
      }
    } finally {
      if (this.#cache.generation === generation) this.#cache.beginGeneration()
    }
  }

  #synthesis(): SynthesisOptions | undefined {
    const { starts } = this.#cache
    const { metadata } = this.#options
    const typeOf = (slot: number) => metadata.of(slot)?.metadata.type ?? 'unknown'
    return starts && { starts, typeOf }
  }

  #page(fetched: FetchedPage, format: PageFormat): Page {
    const lengthBytes = fetched.body.bodyBytes
    const bytes = this.#options.scratch.scanner.reserve(lengthBytes, this.#cache)
    joinBody(fetched.body, bytes)
    fetched.body.release?.()
    return { bytes, lengthBytes, isOpenMetrics: format === 'openmetrics' }
  }

  #checkLimits(tally: PageTally): void {
    const { samplesMax } = this.#options.config.limits
    const { count, histograms } = this.#options.scratch.columns
    if (samplesMax > 0 && count + histograms.count > samplesMax) {
      throw new ScrapeFault('sample limit exceeded', 'samples')
    }
    if (tally.overBucketLimit > 0) {
      throw new ScrapeFault('histogram bucket limit exceeded', 'buckets')
    }
  }

  /** False where nothing was added, which is told once until something is: a disk may be full for hours. */
  #commit(appender: Appender): boolean {
    const { logger, target } = this.#options
    try {
      appender.commit()
      if (this.#isFailing) logger.info('Scrapes are committed again', { target: target.url.text })
      this.#isFailing = false
      return true
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      const fields = { target: target.url.text, err: thrown.message }
      if (this.#isFailing) logger.debug('Scrape commit failed', fields)
      else logger.error('Scrape commit failed', fields)
      this.#isFailing = true
      return false
    }
  }

  #count(tally: PageTally, refused: RefusedSamples): void {
    const { metrics, logger, target } = this.#options
    metrics.linesKnown.add(tally.known)
    metrics.linesParsed.add(tally.total - tally.known)
    const duplicates = tally.duplicates + refused.duplicate
    const { outOfOrder, outOfBounds, exemplarsOutOfOrder } = refused
    if (outOfOrder + outOfBounds + exemplarsOutOfOrder + duplicates === 0) return
    const told = [
      [metrics.outOfOrder, outOfOrder, 'out-of-order samples'],
      [metrics.duplicate, duplicates, 'samples with different value but same timestamp'],
      [metrics.outOfBounds, outOfBounds, 'samples that are too old or are too far into the future'],
      [metrics.exemplarsOutOfOrder, exemplarsOutOfOrder, 'out-of-order exemplars'],
    ] as const
    for (const [counter, samples, words] of told) {
      if (samples === 0) continue
      counter.add(samples)
      logger.warn(`Error on ingesting ${words}`, { target: target.url.text, num_dropped: samples })
    }
  }

  /** Lets go of lines that the page no longer has; after failures only where they pile up. */
  #sweep(isGood: boolean): void {
    const cache = this.#cache
    const isPile = !isGood && cache.size > this.#goodSize * 2 + 1_000
    if (isPile) this.#options.metrics.cacheFlushForced.add()
    if ((isGood && cache.seenCount < cache.size - 1) || isPile) {
      cache.sweep((entry) => {
        if (cache.kinds[entry] === lineKind.metadata)
          this.metadata.forget(cache.metadataSlot(entry))
      })
    }
    this.metadata.settle(isGood)
    cache.fit()
    if (isGood) this.#goodSize = cache.size
  }

  #followEpoch(): void {
    const { epoch } = this.#options.appendable
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#cache.forgetIds()
    this.#report.forgetIds()
  }
}

function pageRules({ target, features }: WriterOptions): PageRules {
  return {
    ignoresNative: !target.histograms.scrapesNative,
    keepsClassic: target.histograms.keepsClassic,
    convertsClassic: target.histograms.convertsClassic,
    typeAndUnitLabels: features.typeAndUnitLabels,
    takesStarts: features.takesStarts,
    synthesizesStarts: features.synthesis !== undefined,
  }
}

function pageSink({ target, config, metadata }: WriterOptions): PageSink {
  return {
    admit: (pairs) => sampleLabels(pairs, target.labels, config),
    metadata: (kind, family) => metadata.learn(kind, family),
    seriesMetadata: (slot, name) => {
      const family = metadata.of(slot)
      if (family === undefined) return undefined
      const isOwn = isOfFamily(name, family.name, family.metadata.type)
      return isOwn ? family.metadata : undefined
    },
  }
}

function noneTallied(): PageTally {
  return { total: 0, added: 0, newSeries: 0, duplicates: 0, known: 0, overBucketLimit: 0 }
}

function noneRefused(): RefusedSamples {
  return { outOfOrder: 0, outOfBounds: 0, duplicate: 0, exemplarsOutOfOrder: 0, newSeries: 0 }
}

function bodyBytesOf(fetched: FetchedPage | ScrapeFault): number {
  if (!(fetched instanceof ScrapeFault)) return fetched.body.bodyBytes
  return fetched.reason === 'body-size' ? -1 : 0
}

function faultOf(thrown: unknown): ScrapeFault {
  if (thrown instanceof ScrapeFault) return thrown
  if (thrown instanceof ExpositionError) {
    const place = `line ${thrown.line}, column ${thrown.column}`
    return new ScrapeFault(`${thrown.message} (${place})`, 'page')
  }
  if (thrown instanceof NarthexError) return new ScrapeFault(thrown.message, 'page')
  throw thrown
}
