/** 'go-duration' is read as Go reads durations: fractions, and units down to nanoseconds. */
export type FlagKind = 'text' | 'switch' | 'number' | 'duration' | 'go-duration' | 'list'

export interface Flag {
  readonly name: string
  readonly kind: FlagKind
  /** Prometheus 3.14's default, as /api/v1/status/flags prints it. */
  readonly initial: string
  readonly help: string
  /** False: known, and refused by name when given. */
  readonly isBuilt: boolean
}

const built = (name: string, kind: FlagKind, initial: string, help: string): Flag => ({
  name,
  kind,
  initial,
  help,
  isBuilt: true,
})
const later = (name: string, kind: FlagKind, initial: string): Flag => ({
  name,
  kind,
  initial,
  help: '',
  isBuilt: false,
})

/** Every flag of Prometheus 3.14 (rows F1), and ours behind them. */
export const flagTable: readonly Flag[] = [
  built('config.file', 'text', 'prometheus.yml', 'Configuration file.'),
  built(
    'config.auto-reload',
    'switch',
    'false',
    'Load the configuration again when its files, rule files or scrape config files changed.',
  ),
  built(
    'config.auto-reload-interval',
    'duration',
    '30s',
    'How often --config.auto-reload looks; at least 1s.',
  ),
  built(
    'web.listen-address',
    'list',
    '0.0.0.0:9090',
    'Address to listen on; may be given more than once.',
  ),
  built(
    'web.config.file',
    'text',
    '',
    'File with TLS certificates, users and headers of the server; followed while it runs.',
  ),
  built(
    'web.read-timeout',
    'duration',
    '5m',
    'How long a request may take to arrive, and a connection may idle.',
  ),
  built('web.max-connections', 'number', '512', 'Connections at once.'),
  built(
    'web.max-notifications-subscribers',
    'number',
    '16',
    'How many may listen to /api/v1/notifications/live at once.',
  ),
  built(
    'web.external-url',
    'text',
    '',
    'URL under which the server is reached from outside; its path is the prefix of all paths.',
  ),
  built(
    'web.route-prefix',
    'text',
    '',
    'Prefix of all paths, where it is not the path of the external URL.',
  ),
  built('web.user-assets', 'text', '', 'Folder whose files are served below /user/.'),
  built('web.enable-lifecycle', 'switch', 'false', 'Allow POST /-/reload and /-/quit.'),
  built(
    'web.enable-admin-api',
    'switch',
    'false',
    'Serve deletion, tombstones and snapshots at /api/v1/admin/.',
  ),
  built(
    'web.enable-remote-write-receiver',
    'switch',
    'false',
    'Take remote write at /api/v1/write.',
  ),
  built(
    'web.remote-write-receiver.accepted-protobuf-messages',
    'list',
    'prometheus.WriteRequest,io.prometheus.write.v2.Request',
    'A message that remote write may bring; may be given more than once.',
  ),
  later('web.enable-otlp-receiver', 'switch', 'false'),
  built(
    'web.console.templates',
    'text',
    'consoles',
    'Folder whose templates are served as pages below /consoles/.',
  ),
  built(
    'web.console.libraries',
    'text',
    'console_libraries',
    'Folder whose files *.lib define templates that consoles may use.',
  ),
  built(
    'web.page-title',
    'text',
    'Prometheus Time Series Collection and Processing Server',
    'Title of the page.',
  ),
  built(
    'web.cors.origin',
    'text',
    '.*',
    'Regex of origins whose pages may read the API; none may where it is not given.',
  ),
  built(
    'web.search.max-limit',
    'number',
    '10000',
    'Most results that a request to the search API (--enable-feature=search-api) may ask for; 0 for any number.',
  ),
  built('storage.tsdb.path', 'text', 'data/', 'Folder of the database.'),
  built(
    'storage.tsdb.retention.time',
    'duration',
    '0s',
    'How long samples are kept, where the configuration does not say; 15d where nothing does.',
  ),
  built(
    'storage.tsdb.retention.size',
    'text',
    '0B',
    'How much is kept, where the configuration does not say, such as 512MB.',
  ),
  built(
    'storage.tsdb.no-lockfile',
    'switch',
    'false',
    'Do not lock the data folder: then nothing keeps a second server out.',
  ),
  built(
    'storage.tsdb.head-chunks-write-queue-size',
    'number',
    '0',
    'How many full chunks of the head may wait in memory while they are written in the background; 0 writes them at once.',
  ),
  built(
    'storage.tsdb.delay-compact-file.path',
    'text',
    '',
    'JSON file with the blocks that were uploaded elsewhere: others of the first level are not compacted.',
  ),
  built(
    'storage.tsdb.delayed-compaction.max-percent',
    'number',
    '10',
    'Flushing the head is put off by chance, by up to this share of its range (delayed-compaction).',
  ),
  built(
    'storage.tsdb.allow-overlapping-compaction',
    'switch',
    'true',
    'Make overlapping blocks one; else somebody else has to.',
  ),
  built(
    'storage.tsdb.samples-per-chunk',
    'number',
    '120',
    'How many samples a chunk is aimed at, as far as 1 KiB holds them.',
  ),
  built('storage.tsdb.min-block-duration', 'duration', '2h', 'Range of a block from the head.'),
  built(
    'storage.tsdb.max-block-duration',
    'duration',
    '1d12h',
    'Range of the longest blocks; a tenth of the retention where it is not given.',
  ),
  built(
    'storage.tsdb.block-reload-interval',
    'duration',
    '1m',
    'How often blocks are looked for and looked after; at least 1s.',
  ),
  built(
    'storage.tsdb.max-block-chunk-segment-size',
    'text',
    '0B',
    'Most bytes of one file of chunks in a block, at least 1MB; 512MB where it is 0B.',
  ),
  built(
    'storage.tsdb.wal-compression-type',
    'text',
    'snappy',
    'Compression of the log: snappy, zstd (Node 22.15 on), or none with --no-storage.tsdb.wal-compression.',
  ),
  built('storage.tsdb.wal-compression', 'switch', 'true', 'Compress the log.'),
  built(
    'storage.tsdb.wal-segment-size',
    'text',
    '0B',
    'Segments of the log, 10MB to 256MB; 128MB where it is 0B.',
  ),
  built(
    'scrape.adjust-timestamps',
    'switch',
    'true',
    'Give samples of a scrape that starts a little late the time of its slot.',
  ),
  built(
    'scrape.timestamp-tolerance',
    'go-duration',
    '2ms',
    'How late that may be; a hundredth of the interval at most.',
  ),
  built(
    'scrape.discovery-reload-interval',
    'duration',
    '5s',
    'Longest wait until changed targets are taken over; 5s where it is 0s.',
  ),
  later('storage.agent.path', 'text', 'data-agent/'),
  later('storage.agent.wal-segment-size', 'text', '0B'),
  later('storage.agent.wal-compression', 'switch', 'true'),
  later('storage.agent.wal-compression-type', 'text', 'snappy'),
  later('storage.agent.wal-truncate-frequency', 'duration', '0s'),
  later('storage.agent.retention.min-time', 'duration', '0s'),
  later('storage.agent.retention.max-time', 'duration', '0s'),
  later('storage.agent.checkpoint-from-in-memory-series', 'switch', 'false'),
  later('storage.agent.checkpoint-batch-size', 'number', '1000'),
  later('storage.agent.no-lockfile', 'switch', 'false'),
  later('storage.remote.flush-deadline', 'duration', '1m'),
  built(
    'storage.remote.read-sample-limit',
    'number',
    '50000000',
    'Most samples of one query of a sampled remote read; 0 is no limit.',
  ),
  built('storage.remote.read-concurrent-limit', 'number', '10', 'Remote reads at once.'),
  built(
    'storage.remote.read-max-bytes-in-frame',
    'number',
    '1048576',
    'Bytes of a frame of a streamed remote read, about.',
  ),
  built(
    'rules.alert.for-outage-tolerance',
    'duration',
    '1h',
    'How long the server may have been away for the time of pending alerts to be kept.',
  ),
  built(
    'rules.alert.for-grace-period',
    'duration',
    '10m',
    'Restored alerts wait at least so long; those with a shorter time begin anew.',
  ),
  built(
    'rules.alert.resend-delay',
    'duration',
    '1m',
    'How long to wait before an alert is told again.',
  ),
  built(
    'rules.max-concurrent-evals',
    'number',
    '4',
    'Rules of all groups that run beside others of their group (concurrent-rule-eval).',
  ),
  built(
    'alertmanager.notification-queue-capacity',
    'number',
    '10000',
    'Alerts that wait for one Alertmanager; the oldest are dropped.',
  ),
  built('alertmanager.notification-batch-size', 'number', '256', 'Alerts of one request.'),
  built(
    'alertmanager.drain-notification-queue-on-shutdown',
    'switch',
    'true',
    'Send what waits before the end.',
  ),
  built(
    'query.lookback-delta',
    'duration',
    '5m',
    'How far back a selector looks for its newest sample.',
  ),
  built('query.timeout', 'duration', '2m', 'How long a query may take.'),
  built(
    'query.max-concurrency',
    'number',
    '20',
    'Queries that run at once, at least 1; from 4 on one place is kept for rules. 200 more may wait.',
  ),
  built('query.max-samples', 'number', '50000000', 'Samples that one query may hold.'),
  later('auto-gomaxprocs', 'switch', 'true'),
  later('auto-gomemlimit', 'switch', 'true'),
  later('auto-gomemlimit.ratio', 'number', '0.9'),
  later('auto-gomemlimit.refresh-interval', 'duration', '0s'),
  built(
    'enable-feature',
    'list',
    '',
    'Features to switch on, by name, with commas; may be given more than once.',
  ),
  later('agent', 'switch', 'false'),
  built('log.level', 'text', 'info', 'One of debug, info, warn, error.'),
  built('log.format', 'text', 'logfmt', 'One of logfmt, json.'),
  built(
    'narthex.access-log',
    'switch',
    'false',
    'Log every HTTP request: client, method, path without its parameters, status, time and size.',
  ),
  built(
    'narthex.allow-unimplemented',
    'switch',
    'false',
    'Start with flags and configuration that are not built yet; each is named in a warning.',
  ),
]
