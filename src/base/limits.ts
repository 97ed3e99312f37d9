/**
 * Every bound of the program: name with its unit, value, and why that value. A bound that the user
 * may move has its flag or key named in its comment; this is then its default.
 */
export const limits = {
  // Query
  querySamplesMax: 50_000_000, // --query.max-samples
  queryTimeoutMs: 120_000, // --query.timeout
  queryConcurrencyMax: 20, // --query.max-concurrency
  queryQueueMax: 200, // ten times the concurrency; the rest is answered 503
  ruleSlotsFromConcurrency: 4, // from so many queries at once on, one place is kept for those of rules
  ruleTurnsMs: 100, // how long the queries of rules may keep the others of their worker waiting
  lookupConcurrencyMax: 20, // requests for series and labels at once: queries do not wait for them
  queryLookbackMs: 300_000, // --query.lookback-delta
  queryTextBytesMax: 1 << 20, // a generated dashboard query is some 100 KB
  parsedRulesMax: 20_000, // the same of rules, of which a server has thousands; 3 KB each
  parsedQueriesMax: 256, // trees of queries that a thread keeps, since panels and rules come again
  parsedQueryLengthMax: 4_096, // of their texts, in UTF-16 units: 256 trees are then a few megabytes
  queryNestingMax: 2_000, // worker stacks are sized for it
  prettyTextBytesMax: 8 << 20, // of a formatted query: indentation makes a long chain square
  seriesNotationValuesMax: 1_000_000, // of one line of a rule test or of PromQL's test language
  queryPointsPerSeriesMax: 11_000, // upstream's: a week at one minute
  queryTurnMs: 10, // how long a query may hold its worker before the next one's turn
  itemsPerLook: 256, // series or values that a query works on before it looks whether it was stopped: some 0.1 ms

  workerSilenceMs: 1_000, // a stopped query whose worker neither hears nor looks for so long costs the worker
  stoppedQueryMsMax: 10_000, // and one that has not ended by then costs a worker that does, too
  workerDeathsMax: 3, // within the window: then something is broken for good
  workerDeathsWindowMs: 60_000,
  workersMax: 8, // more threads than that only wait for memory

  sharedSamplesMin: 150_000, // reading fewer takes some 5 ms: no other worker is asked to help
  sharedSeriesMax: 200_000, // of one select: what helpers are told of it takes some 100 bytes a series
  queryWorkerNiceness: 5, // on Linux: the main thread has three times a worker's share where processors are short
  rehearsalDelayMs: 3_000, // after a query worker's start: not while everything else starts
  rehearsalQuietMs: 500, // behind a query of its own, before a worker goes on with it
  rehearsalSliceMs: 100, // of it, before a worker asks again whether the main thread has spare time
  idleReductionMs: 600_000, // behind a thread's last collection, before V8 gives back all that it can while it is idle
  idleCollectionMs: 2_000, // without a query, before a worker collects what the last ones left
  idleGarbageBytesMax: 8 << 20, // less is left to V8: a collection takes some 20 ms
  rehearsalRounds: 6, // of the rehearsed queries: the first takes 260 ms of processor, the sixth 50
  rehearsedMs: 7_000, // behind it: V8 calls a thread idle that made little for five seconds
  selectionSeriesMax: 50_000, // of one selector, that a thread keeps with their label sets: 100 bytes each and order
  selectionsSeriesMax: 500_000, // the same of all selectors
  keptOrdersIdsMax: 500_000, // of label values that a thread keeps as it sorted them: 8 bytes each
  preparedRulesMax: 20_000, // plans of rules' queries that a thread keeps, as many as trees
  preparedQueriesMax: 256, // the same of other instant queries
  preparedLabelsMax: 8_000_000, // ids of labels that those keep of what their operators found: 32 MiB
  tableKeptSeriesMax: 400_000, // found by one selector, with ten labels each: those are as many ids
  pooledBuffersMax: 64, // of each kind, that a thread keeps for its next queries
  pooledSamplesMax: 8_192, // buffers of more samples are not kept: 64 KiB a column
  forecastSeriesMax: 4_096, // of a query's snapshot that is sent with it: 80 KiB
  forecastQueriesMax: 256, // texts whose series are remembered for that: at most 4 MiB
  forecastTextMax: 4_096, // characters of such a text
  sharedPieceSamples: 8_192, // what a worker reads at a time for another: below a millisecond
  sharedReadingsMax: 2, // that one worker helps with at a time: one that is over, and the same cut anew
  sharedPiecesAhead: 16, // so many may be read before their turn: 2 MiB

  // Spare time of a thread, for what nobody waits for yet
  spareTimeLookMs: 100, // a gap in bursts is found, and that much work is not taken for one
  spareTimeActiveMax: 0.75, // the share of the time in which the event loop may do something else
  spareTimeWaitMs: 5_000, // then a thread that is never idle takes some: 100 ms of it are a fiftieth

  // HTTP server
  httpConnectionsMax: 512, // --web.max-connections
  httpRehearsalDelayMs: 2_000, // after the server is ready: not while everything else starts
  httpRehearsalRounds: 6, // of nine requests each: thirty do no more for the first ones that somebody waits for
  httpReadTimeoutMs: 300_000, // --web.read-timeout
  httpHeadersTimeoutMs: 10_000,
  http2StreamsMax: 250, // of one connection, as Go's server has it
  httpTimeoutCheckMs: 1_000, // how often Node looks for those over their time; its default is 30 s
  httpCloseMs: 2_000, // for answers under way; what waits longer is not reading
  httpUrlBytesMax: 65_536,
  httpHeadersBytesMax: 16_384,
  httpFormBytesMax: 10 << 20, // upstream's limit for url-encoded forms
  httpBodyPiecesMax: 1_024, // of a request's body that are looked at together: short ones are made one piece
  httpBodyPieceBytesMin: 1_024, // on average, else they are short: a piece takes some 400 bytes beside its own
  httpFormPartsMax: 1_000, // of multipart/form-data, as Go has it
  httpParametersMax: 10_000, // of one URL or form: match[] selectors, mostly
  searchTermsMax: 32, // search[] of one request: each costs a look at every value
  httpRemoteWriteBytesMax: 32 << 20, // compressed and decompressed alike
  httpWritePieceBytesMax: 262_144, // one socket write, so that others get their turn
  answerPiecesAhead: 8, // of a streamed answer, between the worker that makes it and who reads it: 2 MiB
  answerStallMs: 30_000, // a client that takes none of its answer for so long is given up
  notificationLookMs: 1_000, // how often changes are looked for while somebody listens
  notificationBufferBytesMax: 65_536, // of one subscriber that does not read: then updates are dropped
  userAssetBytesMax: 64 << 20, // of one file of --web.user-assets
  passwordsKnownMax: 1_000, // of users that logged in; comparing one takes some 70 ms
  passwordsWrongMax: 1_000, // logins that failed, so that a client that goes on trying costs little
  passwordsWaitingMax: 64, // logins to be compared; more are answered 503, of who asks most
  profileSecondsMax: 300, // ?seconds= of /debug/pprof: longer than any client waits
  profileIntervalMs: 5, // between two looks at a thread's stack: below one percent of its time
  heapSampleBytes: 524_288, // upstream's: one allocation in so many is looked at
  profileAnswerMs: 10_000, // of a thread that is asked for its profile: a collection may take seconds
  httpCompressFromBytes: 14_000, // shorter ones are in the first ten packets of a connection (RFC 6928), compressed or not

  // Remote read
  remoteReadBytesMax: 32 << 20, // of a request, compressed and decompressed alike; upstream's
  remoteReadQueriesMax: 1_000, // of one request; Prometheus sends one
  remoteReadMatchersMax: 1_000, // of one query
  remoteReadWaitingMax: 1_000, // requests that wait for --storage.remote.read-concurrent-limit
  remoteReadSampledBytesMax: 1 << 30, // of an answer with samples, uncompressed: 50,000,000 floats, upstream's limit, fit
  remoteReadTimeoutMs: 600_000, // a month of many series takes longer than a query may

  // Head
  headSeriesMax: 50_000_000, // some 20 GB of head; ids are 32 bits
  headSeriesLabelsMax: 16_384, // of one series: its run of ids stays in one segment
  headSeriesTextUnitsMax: 1 << 20, // label texts of one series: a record of the log holds them
  headSymbolBytesMax: 4_000_000_000, // distinct label texts: their places are 32 bits
  histogramPartsMax: 16_384, // buckets, spans and custom bounds of one histogram: ten of them fit a slot of the head
  exemplarsMax: 4_000_000, // storage.exemplars.max_exemplars goes up to this: some 400 MB, 3 GB at worst
  appendAheadMs: 600_000, // a sample further in the future would move the head's window

  chunkQueueTurnBytes: 1 << 18, // written by one turn of --storage.tsdb.head-chunks-write-queue-size: a millisecond
  chunkQueueBytesMax: 1 << 30, // of chunks in memory that wait for it, or are still read there

  chunkWindowBytes: 1 << 16, // a reader's window on a head chunk file: twice as long ones take 8 MiB and save nothing
  chunkWindowsMax: 64, // of one reader: as many places are read side by side without reading twice

  // Blocks
  blockWindowBytes: 1 << 17, // a reader's window on a file of a block: as fast as a larger one
  blockWindowsMax: 6, // of one block and reader: index, chunks, and some that are looked up between
  blockSelectionChunksMax: 100_000, // of one selector in one block, that a thread keeps with their labels: 24 bytes each
  blockSelectionsBytesMax: 16 << 20, // of all that a thread keeps so
  blockScanBytes: 1 << 18, // at once, where a section is read through

  // Chunks
  chunkHistogramCellsMax: 1 << 24, // samples times buckets of one chunk, decoded: 128 MiB; some 10,000 are usual
  kernelHistogramCellsMax: 1 << 17, // decoded at once by the kernel: 1 MiB; longer chunks go sample by sample

  decodedChunksMax: 16_384, // that a thread keeps decoded, of those that it read last: 16 MiB; of uneven times half as many
  decodedChunkSamplesMax: 128, // of one of them; 120 are usual
  decodedSelectChunksMax: 2_048, // of a select in one block, or in the head: larger ones would drive out all others

  statisticsAgeMs: 30_000, // upstream's: status/tsdb is looked at again and again
  statisticsMax: 10_000, // upstream's limit of each list of status/tsdb

  mainTurnMs: 10, // how long the main thread works on something long before others go on

  // Blocks and compaction
  blockRangeMs: 2 * 3_600_000, // --storage.tsdb.min-block-duration
  blockRangeMsMax: 31 * 86_400_000, // --storage.tsdb.max-block-duration, or a tenth of the retention
  blockReloadIntervalMs: 60_000, // --storage.tsdb.block-reload-interval
  uploadedBlocksAgeMs: 60_000, // upstream's: so old may be what --storage.tsdb.delay-compact-file.path said
  compactionRetryMsMin: 60_000, // after a failure, doubling
  compactionRetryMsMax: 3_600_000,
  clockJumpMs: 3_600_000, // set by more, the clock is not believed by retention: summer time and time servers set it by less
  staleCompactionApartMs: 600_000, // upstream's: stale series wait for a flush that comes within this
  blockVerifyIntervalMs: 3_600_000, // one block is read through; a hundred blocks take four days

  // Full disk
  reserveBytesMax: 16 << 20, // given up when the disk is full, so that old data can still be merged away and deleted
  reserveDiskShare: 16, // of a small disk only a sixteenth
  reserveTryMs: 250, // between two tries to take it again

  // Write-ahead log
  logReadersMax: 2, // threads that read it ahead of a replay; three fill two processors
  logReadAheadBytesMin: 8 << 20, // a shorter one is read sooner than a thread for it is started
  earlyScanBytesMin: 16 << 20, // of head chunk files: fewer are scanned sooner than a thread for it is started
  replayDeathsMax: 3, // one after the other; the next start spares memory
  /** Series refs, four bytes each: how far apart those of the head chunk files may lie at a replay. */
  replayCoveredRefsMax: 16_777_216,
  // Label pairs that the threads that read the log ahead number: how many, and of what sizes; with
  // more, or in a larger record, the main thread compares them as they come.
  replayPairsMax: 4_194_304,
  replayPairBytesMax: 256 << 20,
  replayPairRecordBytesMax: 4 << 20,
  walIndexBytesMax: 64 << 20, // of one segment's index, some 1 % of it; a larger one is not read
  walIndexRunsMax: 128, // of series refs one after the other in a record of samples; with more it is not indexed
  walSegmentBytes: 128 << 20, // upstream's; --storage.tsdb.wal-segment-size
  walQuarantineBytesMax: 256 << 20, // two segments: enough to look at, too little to fill a disk
  checkpointTriesMax: 3, // then what cannot be read is set aside, or the log would grow for ever
  walSyncIntervalMs: 1_000, // what a power cut may cost
  walUnsyncedBytesMax: 64 << 20, // kept in memory until a sync: some seconds of a million samples each
  walSyncFailuresMax: 3, // in a row: then the disk is not to be written any more
  walMissingSegmentsMax: 1_000, // numbers without a segment that are filled with empty ones

  // Scraping
  scrapeBodyBytesMax: 256 << 20, // body_size_limit; some two million samples
  scrapeBodyBytesWarned: 64 << 20, // a page this large is told of
  scrapeLineBytesMax: 16 << 20, // no series has so much text, see headSeriesTextUnitsMax
  scrapeHistogramsKept: 1_024, // between pages, for the next one; about 1 KiB each
  pageExcerptBytesMax: 4_096, // of a page that does not parse, in the error that targets show
  scrapeMetadataPagesKept: 10, // that a family is known for after it left the page, upstream's
  scrapeMetadataPooled: 100_000, // distinct families with their type, help and unit over all targets
  discoveryDelayMsMin: 100, // upstream's: after quiet times; each next wait is half as long again
  discoveryDelayMs: 5_000, // upstream's: the longest wait, target sets are applied at least this often
  discoveryInheritedMs: 60_000, // targets of a discoverer that a reload replaced wait for the new one
  consulWaitMs: 120_000, // upstream's: a question that Consul holds back until there is news
  consulRetryMs: 15_000, // upstream's, after a failure
  consulServicesMax: 10_000, // watched one by one, a connection each
  discoveryBodyBytesMax: 64 << 20, // one answer; 100,000 containers make some 20 MB
  fileChangesGatheredMs: 1_000, // a busy folder does not make us read it all the time
  scrapeAlignMs: 2, // a scrape this late still gets its slot's time: regular steps compress well

  // Outbound HTTP
  httpConnectTimeoutMs: 30_000, // upstream's; the deadline of the request usually comes first
  lateTurnMs: 10, // a timer later than that says that this process was busy, not the other side slow
  httpIdleConnectionMs: 300_000, // upstream's
  httpRedirectsMax: 10, // as Go follows them
  httpAnswerHeadersBytesMax: 65_536,
  inflateAtOnceBytes: 1 << 20, // some 10 ms; more goes through the stream, which yields
  inflateSparesKept: 2, // buffers of bodies, for bodies to come
  inflatePieceBytes: 65_536,
  httpClientConnectionsMax: 4_096, // of one client: long polls of a discovery have one each
  httpClientIdleMax: 64, // connections of one client that are kept for later requests
  httpStreamWaitingBytesMax: 1 << 20, // of a streamed answer, before the other side is held back
  httpStreamLineBytesMax: 32 << 20, // a watched object; etcd takes up to 1.5 MB
  oauth2TokenTimeoutMs: 30_000,
  oauth2TokenBytesMax: 1 << 20,
  oauth2TokenReserveMs: 10_000, // as upstream: a token is not used in its last seconds
  dnsTimeoutMs: 2_000, // of one try
  dnsTries: 2,
  hostNameMs: 2_000, // the start waits for no name server longer
  dnsCacheMsMin: 1_000, // a ttl of 0 would ask for every scrape
  dnsCacheMsMax: 300_000,
  dnsCacheEntriesMax: 4_096,
  hostsFileReadMs: 5_000,

  // Kubernetes discovery
  kubernetesPageItems: 500, // as upstream's pager: some megabytes of pods
  kubernetesPageBytesMax: 256 << 20,
  kubernetesListTimeoutMs: 60_000,
  kubernetesWatchSeconds: 300, // as upstream: a watch lasts one to two of these
  kubernetesSilenceMsMax: 660_000, // longer than any watch lasts
  kubernetesRetryMsMin: 800, // upstream's
  kubernetesRetryMsMax: 30_000, // upstream's

  // Tracing, as OpenTelemetry's batches are
  traceQueueSpansMax: 2_048, // that wait to be sent; more are dropped
  traceBatchSpans: 512,
  traceBatchMs: 5_000,
  traceTimeoutMs: 10_000, // tracing.timeout
  traceRetryWaitMs: 1_000, // before a batch is sent again, doubling
  traceRetryMs: 60_000, // then a batch is given up
  traceCloseMs: 5_000, // upstream's, for what is left at the end
  grpcAnswerBytesMax: 1 << 20, // of a collector: a few words

  // Configuration
  configBytesMax: 10 << 20, // a generated file with thousands of jobs is some 2 MB
  webConfigBytesMax: 1 << 20, // some ten thousand users
  configDepthMax: 100,
  configNodesMax: 1_000_000, // aliases count as often as they are used: no bomb
  configRereadNodesMax: 1_000_000, // of a file with faults, over all readings that look for further ones: some seconds

  // Rules and alerts
  ruleWakesApartMs: 500, // groups that are due in between are evaluated together; less where a thirtieth of their interval is
  ruleRequestsPerWorker: 4, // that one worker has, for as long as below, before another one takes some: their plans and series are known there
  ruleBacklogMs: 1_000, // longer than groups take that are due together: another worker takes 60 MiB, and most of a second to compile
  rulesPerRequest: 64, // queries that go to a worker in one message: some 20 ms of work
  ruleRowsMax: 10_000_000, // of one rule's answer: more than any database takes in
  ruleLabelRunsMax: 20_000, // answers of rules whose label sets a worker remembers, to tell them once
  ruleLabelRunMax: 50_000, // label names and values of one of them: some thousand series
  ruleReadsMax: 200_000, // series whose state goes along with a request of rules: 16 bytes each
  toldRulesMax: 4_096, // stages of groups that a worker is told of once, and then only by number
  toldRuleReadsMax: 2_000, // series that one of them reads: their ids stay with the worker
  templateRowsMax: 10_000, // of a query in a template: made on the main thread, and read by people
  ruleQueriesWaitingMax: 100_000, // one of each group, and some more beside each other
  ruleQueriesAtOnce: 16, // of all groups: below --query.max-concurrency, so that the pages get their turn
  notificationAnswerBytesMax: 1 << 20, // of an Alertmanager: nobody reads it
  notificationDrainMs: 10_000, // after the end no batch begins later; the one under way has its timeout
  templateStepsMax: 1_000_000, // nodes and loops of one run of a template: a second or so
  templateStepsAtOnce: 1_000, // between two looks at the clock
  templateOutputUnitsMax: 1 << 20, // of an annotation; Alertmanager takes no larger messages well
  consoleOutputUnitsMax: 16 << 20, // of a page, which a browser still shows
  consoleBytesMax: 256 << 10, // of a console, and of all libraries together: some tenths of a second to parse
  consoleEscapeStepsMax: 200_000, // nodes looked at to find out where they stand in HTML: loops within loops double
  consoleThreadIdleMs: 300_000, // without a page: then the thread that makes them gives its memory back
  consoleLibrariesMax: 100, // files that are read for each page
  templateDepthMax: 200, // templates that call templates
  templateNestingMax: 500, // parentheses of one pipeline
  templateNumberUnitsMax: 1_000, // of one number

  // Rules over past data
  backtestEvaluationsMax: 10_000_000, // of single rules: 100 rules at 15 s over two weeks are 8 million
  backtestPointsAhead: 100_000, // of one rule, some 100 bytes each
  backtestStepsAhead: 2_000, // of one range query
  backtestRulesBytesMax: 1 << 20, // of the text of the rules
  backtestTimeoutMs: 240_000, // of one that a server runs: below the time after which a silent connection ends
  backtestsMax: 2, // at once on a server, a thread each
  backtestRecordedSamplesMax: 1_000_000, // in an answer, some 30 bytes each
  alertIntervalsMax: 100_000, // of one answer, some 300 bytes each
  alertHistorySpanMsMax: 400 * 86_400_000, // of one question: 13 months

  // Remote write
  remoteWriteSeriesMax: 100_000, // of one request
  remoteWriteSamplesMax: 1_000_000, // of one request
  remoteWriteSymbolsMax: 2_000_000, // of one request of version 2
  remoteWriteLabelRefsMax: 8_000_000, // of one request of version 2
  remoteWriteRefusalsMax: 1_000, // that one answer tells line by line
  remoteWriteSeriesCacheMax: 10_000_000, // encoded label sets that are known; some 40 bytes each
  metadataFamiliesMax: 100_000, // metadata that senders bring
  metadataTextUnitsMax: 32 << 20, // of its texts; a help is some 60

  kernelMemoryKeptBytes: 8 << 20, // of one codec: what larger bodies took is given back after some small ones

  expositionKernelLinesMax: 2_000_000, // of one page, some 40 bytes each while it is read; more are left to the parser

  // Tools
  toolQueryTimeoutMs: 120_000, // promtool's
  pushSeriesMax: 50_000, // of one request: half of what our receiver takes
  pushRetriesMax: 10, // as many, and as long, as upstream's client
  pushRetryMsMin: 1_000,
  pushRetryMsMax: 10_000,
  debugTimeoutMs: 120_000, // a profile takes 30 s
  debugBytesMax: 512 << 20, // of one file
  toolStatusTimeoutMs: 10_000, // promtool's, for whether a server is healthy
  toolStatusBytesMax: 1 << 20,
  toolAnswerBytesMax: 512 << 20, // of a server that a tool asks: longer than any text of JavaScript
  toolPageBytesMax: 256 << 20, // of a page to check or push: some millions of series
  importBytesMax: 2 ** 32 - 1, // of one OpenMetrics file: it is read whole, and this is the longest array

  // Shutdown
  shutdownMs: 10_000,
  shutdownWithSnapshotMs: 120_000, // some ten million series are written in that time
} as const
