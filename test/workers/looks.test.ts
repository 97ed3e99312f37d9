import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { Looks } from '../../src/base/looks.ts'
import { createSnappyCodec } from '../../src/kernels/snappy.ts'
import type { QueryRequest } from '../../src/storage/query-runner.ts'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'
import { type AtEnd, temporaryDirectory } from '../support/temporary-directory.ts'
import { BundledCode } from './bundled-code.ts'
import type { Answered, StretchesStart } from './stretches-entry.ts'

/** More than one batch has and than are sorted by comparing; and half as many again. */
const [fewSeries, manySeries] = [2_200, 3_300]

const hourMs = 3_600_000
const endMs = Math.floor(Date.now() / (2 * hourMs)) * 2 * hourMs
const range = { startMs: endMs - 6 * hourMs, endMs }
const bounds = { timeoutMs: 600_000, lookbackMs: 300_000, samplesMax: 10 ** 8, limit: 0 }

/** Of one series only the answer is written: each has its checkpoint there. */
function instant(query: string, lookbackMs = bounds.lookbackMs): QueryRequest {
  const few = { ...bounds, lookbackMs, limit: 1 }
  return { kind: 'instant', query, timeMs: endMs, bounds: few, stats: 'none' }
}

/** Chunks of all series of `m`. */
function remoteRead(): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter()
  const query = out.begin(1)
  out.number(1, range.startMs)
  out.number(2, range.endMs)
  const matcher = out.begin(3)
  out.number(1, 0)
  out.text(2, '__name__')
  out.text(3, 'm')
  out.end(matcher)
  out.end(query)
  out.number(2, 1)
  return createSnappyCodec().compress(out.view()).slice()
}

const metadata = { ...range, bounds }
const federate = { format: 'text', escaping: 'underscores', externalLabels: [] } as const

const often: Readonly<Record<string, QueryRequest>> = {
  'a pattern': instant('m{n=~".*[13579].*|.*(a|b|c)+.*"}'),
  'series of blocks and of the head': instant('-m', 6 * hourMs),
  sort: instant('sort(m)'),
  topk: instant('topk(9, m)'),
  'a join of one with one': instant('m + m'),
  or: instant('m or h_bucket'),
  label_replace: instant('label_replace(m, "x", "$1", "n", "(.*)")'),
  'queries of rules': {
    kind: 'rules',
    queries: ['m', '-m'],
    known: ['', ''],
    timeMs: endMs,
    bounds,
    origin: { kind: 'rule', file: 'f', group: 'g' },
    rowsMax: 10 ** 6,
    reads: undefined,
  },
  'series of two sets': { kind: 'series', matches: ['m', 'h_bucket'], ...metadata },
  'label values of a pattern': {
    kind: 'label-values',
    label: 'n',
    matches: ['m{instance=~".*1.*"}', 'h_bucket'],
    ...metadata,
  },
  'federation of two sets': {
    kind: 'federate',
    matches: ['m', 'h_bucket'],
    timeMs: endMs,
    bounds,
    ...federate,
  },
}

/** Minutes of counting. */
const seldom: Readonly<Record<string, QueryRequest>> = {
  'patterns that leave out': instant('m{group!="g1",n!~".*(0|2)+.*"}'),
  'two selects': instant('count({__name__=~"m|h_bucket"}) + count(m)'),
  sort_by_label: instant('sort_by_label(m, "n")'),
  'topk of many groups': instant('topk by (n) (1, m)'),
  'limitk of all': instant('limitk(9000, m)'),
  limit_ratio: instant('limit_ratio(0.5, m)'),
  quantile: instant('quantile(0.9, m)'),
  'many groups': instant('sum by (n) (m)'),
  count_values: instant('count_values("v", m)'),
  'a join of many with one': instant('h_bucket * on (instance) group_left (n) m'),
  'a join that sees its samples': instant('m * on (job) group_left () (m == 0)'),
  'a join with fill values': instant('m * fill(0) m'),
  and: instant('m and m'),
  label_join: instant('label_join(m, "x", "-", "n", "group")'),
  'equal label sets': instant(
    '-(m > 1e9 or label_replace(label_replace(h_bucket, "n", "$1", "le", "(.*)"), "le", "", "job", ".*"))',
  ),
  histogram_quantile: instant('histogram_quantile(0.9, sum by (le, group) (h_bucket))'),
  info: instant('info(m, {__name__="h_bucket"})'),
  absent: instant('absent(m)'),
  series: { kind: 'series', matches: ['m'], ...metadata },
  'label names': { kind: 'label-names', matches: ['m'], ...metadata },
  'label values': { kind: 'label-values', label: 'n', matches: [], ...metadata },
  'label values of series': { kind: 'label-values', label: 'n', matches: ['m'], ...metadata },
  'a search by score': {
    kind: 'search',
    matches: [],
    label: 'n',
    key: 'value',
    search: { terms: ['12'], isCaseSensitive: true, algorithm: 'subsequence', threshold: 0 },
    order: 'score',
    includesScore: true,
    batchSize: 100,
    ...metadata,
  },
  federation: { kind: 'federate', matches: ['m'], timeMs: endMs, bounds, ...federate },
  'remote read': {
    kind: 'remote-read',
    body: remoteRead(),
    frameBytesMax: 1 << 20,
    sampledBytesMax: 1 << 30,
    externalLabels: [],
    bounds,
  },
}

const asked = process.env.NARTHEX_SOAK === undefined ? often : { ...often, ...seldom }

/** Passes over columns of numbers, by how they begin: at some nanoseconds an item a million of them are a turn. */
const columnPasses = [
  'src/base/crc32c.ts',
  'src/base/shared-columns.ts',
  'src/promql/exec/label-sets.ts: { let slot = (this.#hashes',
  'src/promql/exec/label-sets.ts: get count',
  'src/promql/exec/memos.ts: if ((labelIds',
  'src/tsdb/block/block-index.ts: list[index] = view',
  'src/tsdb/head/sort-series.ts: (row) => series[row]',
  'src/tsdb/head/sort-series.ts: && keys',
  'src/tsdb/head/sort-series.ts: end++',
  'src/tsdb/index/kept-orders.ts: if (a[',
  'src/tsdb/index/label-index.ts',
  'src/tsdb/index/set-operations.ts',
  'src/tsdb/index/shared-lists.ts',
  'src/storage/text-order.ts',
  'src/tsdb/index/value-test.ts',
]

const ends: (() => unknown)[] = []
const atEnd: AtEnd = (end) => {
  ends.push(end)
}

/** The first one opens the blocks, once for all. */
const requests = [instant('count(m)', 6 * hourMs), ...Object.values(asked)]

async function answered(script: string, seriesCount: number): Promise<readonly Answered[]> {
  const directory = temporaryDirectory(atEnd)
  const workerData: StretchesStart = { directory, script, seriesCount, endMs, requests }
  const worker = new Worker(script, { workerData })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function bundled(): Promise<string> {
  const script = join(temporaryDirectory(atEnd), 'stretches.cjs')
  const { outputFiles } = await build({
    entryPoints: ['test/workers/stretches-entry.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  })
  writeFileSync(script, outputFiles[0]?.text ?? '')
  return script
}

describe('between two looks at its control no code of a request runs more often for more series', () => {
  let code: BundledCode
  let few: readonly Answered[]
  let many: readonly Answered[]
  beforeAll(async () => {
    const script = await bundled()
    code = new BundledCode(readFileSync(script, 'utf8'))
    ;[few, many] = await Promise.all([answered(script, fewSeries), answered(script, manySeries)])
    return () => {
      for (const end of ends) end()
    }
  }, 240_000)

  it.each(Object.keys(asked).map((name, index) => [name, index + 1] as const))('%s', (_, at) => {
    expect([few[at]?.answer, many[at]?.answer]).toEqual([expect.any(Number), expect.any(Number)])
    const grown: string[] = []
    for (const [block, times] of many[at]?.stretches ?? []) {
      const before = few[at]?.stretches.get(block) ?? 0
      const [from = 0, to = 0] = block.split(' ').map(Number)
      // Ten comparisons an item are 2,560 between two looks, however many series there are.
      if (times < manySeries || times < before * 1.25) continue
      const where = `${code.fileAt(from)}: ${code.textOf(from, to)}`
      if (columnPasses.some((pass) => where.startsWith(pass))) continue
      grown.push(`${times} times, not ${before}: ${where}`)
    }
    expect(grown).toEqual([])
  })
})

describe('looks', () => {
  it('are one in so many items, whoever works on them, and at once for a large one', () => {
    let looked = 0
    const looks = new Looks(
      () => looked++,
      () => undefined,
    )
    const isEven = looks.each((item: number) => item % 2 === 0)
    for (let item = 0; item < limits.itemsPerLook - 1; item++) isEven(item)
    expect(looked).toBe(0)
    looks.item()
    expect(looked).toBe(1)
    looks.item()
    looks.now()
    expect(looked).toBe(2)
    for (let item = 1; item < limits.itemsPerLook; item++) looks.item()
    expect([looked, isEven(3), isEven(4)]).toEqual([2, false, true])
    expect(looked).toBe(3)
  })

  it('are turns as well for loops that may wait: as often, or once somebody has looked', () => {
    let turns = 0
    const over = Promise.resolve()
    const looks = new Looks(
      () => undefined,
      () => {
        turns++
        return over
      },
    )
    for (let item = 1; item < limits.itemsPerLook; item++) expect(looks.turn()).toBeUndefined()
    expect(looks.turn()).toBe(over)
    expect(looks.turn()).toBeUndefined()
    looks.now()
    expect([looks.turn(), looks.turn(), looks.turnNow(), turns]).toEqual([over, undefined, over, 3])
  })
})
