import { parentPort, workerData } from 'node:worker_threads'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import type { SampleColumns } from '../../../src/storage/querier.ts'
import { DatabaseReader, type DatabaseUpdate } from '../../../src/tsdb/database-reader.ts'
import type { HeadSnapshot } from '../../../src/tsdb/head/head-memory.ts'

/**
 * A thread that reads the head while its writer commits; see concurrent-readers.test.ts. Each query
 * begins with an update and asks for one snapshot; what it sees goes back as plain numbers.
 */
export type ToReader =
  | { readonly kind: 'query'; readonly update: DatabaseUpdate; readonly afterMs: number }
  | { readonly kind: 'snapshot'; readonly snapshot: HeadSnapshot }

export type FromReader =
  | { readonly kind: 'snapshot'; readonly ids: Uint32Array; readonly sinceVersion: number }
  | ({ readonly kind: 'seen' } & Seen)

export interface Seen {
  /** Series with samples behind `afterMs`. */
  readonly series: number
  /** Of their newest samples there. */
  readonly timesMs: readonly number[]
  readonly values: readonly number[]
  /** Numbers of samples in each series behind `afterMs`. */
  readonly counts: readonly number[]
  /** How many series with a label of their own commit are seen, by commit. */
  readonly born: readonly number[]
}

class Columns implements SampleColumns {
  timestampsMs = new Float64Array(64)
  values = new Float64Array(64)
  grow(capacity: number): void {
    if (this.values.length >= capacity) return
    this.timestampsMs = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
  }
}

const columns = new Columns()
const reader = new DatabaseReader(nodeFileSystem, workerData)
let answered: ((snapshot: HeadSnapshot) => void) | undefined

function send(message: FromReader): void {
  parentPort?.postMessage(message)
}

async function query(afterMs: number): Promise<Seen> {
  const range = { minTimeMs: afterMs + 1, maxTimeMs: 8.64e15 }
  const querier = reader.querier(range, {
    snapshot: (ids, _count, sinceVersion) =>
      new Promise((resolve) => {
        answered = resolve
        send({ kind: 'snapshot', ids, sinceVersion })
      }),
  })
  const always = new Matcher('=', '__name__', 'always')
  const set = await querier.select({ matchers: [always], ...range, sorted: false })
  const found = { times: new Set<number>(), values: new Set<number>(), counts: new Set<number>() }
  let series = 0
  for (let row = 0; row < set.seriesCount; row++) {
    const count = set.readFloats(row, range.minTimeMs, range.maxTimeMs, columns)
    found.counts.add(count)
    if (count === 0) continue
    series++
    found.times.add(columns.timestampsMs[count - 1] ?? 0)
    found.values.add(halvesOf(columns.values)[count * 2 - 1] ?? 0)
  }
  const bornRange = { minTimeMs: 0, maxTimeMs: 8.64e15 }
  const born = new Map<string, number>()
  const matchers = [new Matcher('=~', 'commit', '.+')]
  const bornSet = await querier.select({ matchers, ...bornRange, sorted: true })
  const { offsets, labelIds } = bornSet.labels
  for (let row = 0; row < bornSet.seriesCount; row++) {
    if (bornSet.readFloats(row, 0, 8.64e15, columns) === 0) continue
    const labels = labelIds.subarray(offsets[row], offsets[row + 1])
    const commit = querier.symbols.text(labels[3] ?? 0)
    born.set(commit, (born.get(commit) ?? 0) + 1)
  }
  querier.close()
  return {
    series,
    timesMs: [...found.times],
    values: [...found.values],
    counts: [...found.counts],
    born: [...born.values()],
  }
}

parentPort?.on('message', (message: ToReader) => {
  if (message.kind === 'snapshot') {
    answered?.(message.snapshot)
    return
  }
  reader.apply(message.update)
  query(message.afterMs).then(
    (seen) => send({ kind: 'seen', ...seen }),
    (thrown: unknown) => {
      // Becomes the worker's 'error' event.
      setImmediate(() => {
        throw thrown
      })
    },
  )
})
