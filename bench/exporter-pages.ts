import { gzipSync } from 'node:zlib'
import { protobufFamily } from './protobuf-pages.ts'
import { seededRandom } from './seeded-random.ts'

/** One scrape's answer, rendered and compressed before the run starts. */
export interface Page {
  readonly text: Uint8Array
  readonly gzip: Uint8Array
}

interface Family {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly labels: readonly string[]
  /** Share of its series that change from one scrape to the next. */
  readonly busy: number
}

/** How the pages of one exporter follow each other, and in which format. */
export type PageMode = 'steady' | 'shuffled' | 'openmetrics' | 'protobuf'

/** Of every series, in shuffled pages: how many are another one in each page. */
const churn = 0.1

/** Families, series and label shapes of a node_exporter page of an 8-processor machine, and of a server's. */
const families: readonly Family[] = [
  family('node_cpu_seconds_total', 'counter', cross('cpu', numbers(8), 'mode', modes()), 0.5),
  family(
    'node_cpu_guest_seconds_total',
    'counter',
    cross('cpu', numbers(8), 'mode', ['nice', 'user']),
    0,
  ),
  ...named(
    'node_disk_',
    [
      'reads_completed',
      'writes_completed',
      'read_bytes',
      'written_bytes',
      'io_time_seconds',
      'read_time_seconds',
      'write_time_seconds',
      'discards_completed',
    ],
    '_total',
  ).map((name) => family(name, 'counter', cross('device', ['sda', 'sdb', 'dm-0', 'nvme0n1']), 0.3)),
  ...named('node_filesystem_', ['size', 'free', 'avail'], '_bytes').map((name) =>
    family(
      name,
      'gauge',
      cross('device', ['/dev/sda1', '/dev/dm-0', 'tmpfs'], 'mountpoint', ['/', '/data']),
      0.3,
    ),
  ),
  ...named('node_memory_', memoryNames(), '_bytes').map((name) => family(name, 'gauge', [''], 0.4)),
  ...named(
    'node_network_',
    [
      'receive_bytes',
      'transmit_bytes',
      'receive_packets',
      'transmit_packets',
      'receive_errs',
      'transmit_errs',
      'receive_drop',
      'transmit_drop',
      'receive_fifo',
      'transmit_colls',
    ],
    '_total',
  ).map((name) =>
    family(name, 'counter', cross('device', ['lo', 'eth0', 'eth1', 'docker0']), 0.25),
  ),
  ...named(
    'node_vmstat_',
    ['pgfault', 'pgmajfault', 'pgpgin', 'pgpgout', 'pswpin', 'pswpout', 'oom_kill'],
    '',
  ).map((name) => family(name, 'counter', [''], 0.6)),
  ...named(
    'node_netstat_',
    numbers(150).map((number) => `Tcp_Field${number}`),
    '',
  ).map((name) => family(name, 'counter', [''], 0.2)),
  ...named(
    'node_sockstat_',
    numbers(12).map((number) => `TCP_field${number}`),
    '',
  ).map((name) => family(name, 'gauge', [''], 0.2)),
  family(
    'node_scrape_collector_duration_seconds',
    'gauge',
    cross(
      'collector',
      numbers(40).map((number) => `collector${number}`),
    ),
    1,
  ),
  family(
    'node_scrape_collector_success',
    'gauge',
    cross(
      'collector',
      numbers(40).map((number) => `collector${number}`),
    ),
    0,
  ),
  ...named(
    'go_memstats_',
    numbers(24).map((number) => `field${number}`),
    '_bytes',
  ).map((name) => family(name, 'gauge', [''], 0.5)),
  ...named('node_load', ['1', '5', '15'], '').map((name) => family(name, 'gauge', [''], 0.8)),
  family(
    'http_request_duration_seconds_bucket',
    'counter',
    cross('handler', paths(30), 'le', bounds()),
    0.4,
  ),
  ...named('http_request_duration_seconds_', ['sum', 'count'], '').map((name) =>
    family(name, 'counter', cross('handler', paths(30)), 0.4),
  ),
  family(
    'http_requests_total',
    'counter',
    cross('handler', paths(30), 'code', ['200', '404']),
    0.4,
  ),
  ...named(
    'process_',
    numbers(14).map((number) => `field${number}`),
    '',
  ).map((name) => family(name, 'gauge', [''], 0.3)),
]

export const samplesPerPage = families.reduce((sum, { labels }) => sum + labels.length, 0)

/**
 * `count` consecutive scrapes of one exporter; about a quarter of the lines change each time. Shuffled
 * ones have their families, and the series in them, in another order each time, and some new.
 */
export function renderPages(count: number, seed: number, mode: PageMode): readonly Page[] {
  const random = seededRandom(seed)
  const values = families.map(({ labels, kind }) =>
    labels.map(() =>
      kind === 'counter' ? Math.floor(random() * 1e7) / 100 : Math.floor(random() * 1e9),
    ),
  )
  const shuffle = (texts: readonly string[]) =>
    mode === 'shuffled' ? shuffled(texts, random) : texts
  return numbers(count).map((page) => {
    const proto: Uint8Array[] = []
    const parts = families.map((found, index) => {
      const head = `# HELP ${found.name} What ${found.name} counts on this machine.\n# TYPE ${found.name} ${found.kind}\n`
      const row = values[index] ?? []
      const lines = found.labels.map((labels, series) => {
        if (random() < found.busy) row[series] = next(found.kind, row[series] ?? 0, random())
        const isNew = mode === 'shuffled' && random() < churn
        return `${found.name}${isNew ? withLabel(labels, `page="${page}"`) : labels} ${row[series]}\n`
      })
      if (mode === 'protobuf') proto.push(protobufFamily(found, row))
      return `${head}${shuffle(lines).join('')}`
    })
    const end = mode === 'openmetrics' ? '# EOF\n' : ''
    const bytes =
      mode === 'protobuf'
        ? Buffer.concat(proto)
        : new TextEncoder().encode(`${shuffle(parts).join('')}${end}`)
    return { text: bytes, gzip: gzipSync(bytes) }
  })
}

function shuffled(texts: readonly string[], random: () => number): readonly string[] {
  return texts
    .map((text) => ({ text, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ text }) => text)
}

function withLabel(labels: string, label: string): string {
  return labels === '' ? `{${label}}` : `${labels.slice(0, -1)},${label}}`
}

function next(kind: Family['kind'], value: number, chance: number): number {
  if (kind === 'counter') return Math.round((value + chance * 10) * 100) / 100
  return chance < 0.3 ? value * (0.9 + chance) : Math.floor(value * (0.95 + chance / 10))
}

function family(
  name: string,
  kind: Family['kind'],
  labels: readonly string[],
  busy: number,
): Family {
  return { name, kind, labels, busy }
}

function cross(
  first: string,
  values: readonly (string | number)[],
  second?: string,
  others: readonly string[] = [],
): readonly string[] {
  return values.flatMap((value) =>
    second === undefined
      ? [`{${first}="${value}"}`]
      : others.map((other) => `{${first}="${value}",${second}="${other}"}`),
  )
}

function named(prefix: string, names: readonly string[], suffix: string): readonly string[] {
  return names.map((name) => `${prefix}${name}${suffix}`)
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function modes(): readonly string[] {
  return ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user']
}

function memoryNames(): readonly string[] {
  return [
    'MemTotal',
    'MemFree',
    'MemAvailable',
    'Buffers',
    'Cached',
    ...numbers(40).map((number) => `Field${number}`),
  ]
}

function paths(count: number): readonly string[] {
  return numbers(count).map((number) => `/api/v1/resource${number}`)
}

function bounds(): readonly string[] {
  return ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf']
}
