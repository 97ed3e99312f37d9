/**
 * Who may import whom: the table of ARCHITECTURE.md. `all` = anything below it, `types` = only
 * `import type`, `parse` = only promql/parse, and its types.
 */
export type Permission = 'all' | 'types' | 'parse' | 'parse and types'

type Row = Readonly<Record<string, Permission>>

function allOf(...layers: readonly string[]): Row {
  return Object.fromEntries(layers.map((layer) => [layer, 'all' as const]))
}

export const layerTable: Readonly<Record<string, Row>> = {
  base: allOf('base'),
  model: allOf('base', 'model'),
  config: allOf('base', 'model', 'config'),
  http: allOf('base', 'model', 'config', 'http'),
  wire: allOf('base', 'model', 'wire', 'kernels'),
  storage: allOf('base', 'model', 'storage'),
  kernels: allOf('base', 'kernels'),
  tsdb: allOf('base', 'model', 'storage', 'kernels', 'tsdb'),
  promql: allOf('base', 'model', 'storage', 'kernels', 'promql'),
  discovery: allOf('base', 'model', 'config', 'http', 'discovery'),
  scrape: {
    ...allOf('base', 'model', 'config', 'http', 'wire', 'storage', 'kernels', 'scrape'),
    discovery: 'types',
  },
  rules: {
    ...allOf('base', 'model', 'config', 'http', 'storage', 'rules'),
    promql: 'parse',
    discovery: 'types',
  },
  remote: allOf('base', 'model', 'config', 'http', 'wire', 'storage', 'kernels', 'remote'),
  api: {
    ...allOf('base', 'model', 'config', 'wire', 'storage', 'kernels', 'api'),
    promql: 'parse and types',
    discovery: 'types',
    scrape: 'types',
    rules: 'types',
    remote: 'types',
  },
  workers: allOf('base', 'model', 'wire', 'storage', 'kernels', 'tsdb', 'promql', 'workers'),
}

/** The composition roots and the command line tools may import every layer. */
export const roots = ['server.ts', 'main.ts', 'index.ts', 'tool', 'library']

/** Inside a layer: folder -> the sibling folders that it may import. A folder not listed is free. */
export const insideTable: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  tsdb: {
    wal: [],
    chunk: [],
    index: [],
    block: ['chunk', 'index'],
    head: ['wal', 'chunk', 'index'],
    compact: ['block', 'chunk', 'index'],
  },
  promql: {
    elementary: [],
    histogram: ['elementary', 'functions'],
    parse: ['histogram'],
    plan: ['elementary', 'parse'],
    exec: ['histogram', 'parse', 'plan', 'functions'],
    functions: ['elementary', 'histogram', 'parse', 'plan', 'exec'],
    encode: ['histogram', 'parse', 'plan', 'exec'],
  },
}

/** A package or Node module, and the only files (prefixes below src/) that may import it. */
export const ownedModules: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['base/node-'],
  'node:fs/promises': [],
  fs: [],
  'node:http': ['http/'],
  'node:https': ['http/'],
  'node:net': ['http/', 'base/node-'],
  'node:tls': ['http/'],
  'node:dns': ['http/', 'discovery/dns/'],
  'node:dgram': [],
  'node:child_process': ['base/node-'],
  undici: ['http/'],
  fastify: ['api/http-server.ts'],
  chevrotain: ['promql/parse/', 'rules/template'],
  'js-yaml': ['config/'],
  protobufjs: ['wire/'],
  'protobufjs/minimal.js': ['wire/'],
  bcryptjs: ['workers/password-entry.ts'],
  'pprof-format': ['wire/'],
  'node:inspector': ['base/'],
  pino: ['base/pino-logger.ts'],
  snappyjs: ['kernels/'],
  re2js: ['model/'],
  commander: ['tool/', 'main.ts'],
}
