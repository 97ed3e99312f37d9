import { parentPort } from 'node:worker_threads'
import { Matcher } from '../../../src/model/matcher.ts'
import type { Querier } from '../../../src/storage/querier.ts'
import type { HeadSnapshot, HeadUpdate } from '../../../src/tsdb/head/head-memory.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { allTime } from './head-reading.ts'

/**
 * A thread that reads a head whose labels come and go; see concurrent-label-churn.test.ts. What is
 * wrong in what a query sees goes back in words.
 */
export type ToChurnReader =
  | { readonly kind: 'query'; readonly update: HeadUpdate }
  | { readonly kind: 'snapshot'; readonly snapshot: HeadSnapshot }

export type FromChurnReader =
  | { readonly kind: 'snapshot'; readonly ids: Uint32Array; readonly sinceVersion: number }
  | { readonly kind: 'seen'; readonly faults: readonly string[]; readonly series: number }

const reader = new HeadReader()
const matchers = [new Matcher('=', '__name__', 'm')]
/** How often a query looks again: truncations come in between. */
const looks = 12
let answered: ((snapshot: HeadSnapshot) => void) | undefined

function send(message: FromChurnReader): void {
  parentPort?.postMessage(message)
}

async function query(): Promise<FromChurnReader> {
  const { inOrder } = reader.queriers({
    snapshot: (ids, _count, sinceVersion) =>
      new Promise((resolve) => {
        answered = resolve
        send({ kind: 'snapshot', ids, sinceVersion })
      }),
  })
  const faults: string[] = []
  const textOf = new Map<number, string>()
  let series = 0
  for (let look = 0; look < looks; look++) {
    series = Math.max(series, await lookAtSeries(inOrder, faults, textOf))
    await lookAtValues(inOrder, faults, textOf)
    for (const [id, text] of textOf) {
      const { bytes, start, end } = inOrder.symbols.place(id)
      const now = Buffer.from(bytes.subarray(start, end)).toString()
      if (now !== text) faults.push(`symbol ${id} was ${text} and is ${now}`)
      if (inOrder.symbols.intern(text) !== id) faults.push(`${text} has two symbols`)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  inOrder.close()
  return { kind: 'seen', faults, series }
}

/** Each series has two labels of one number. */
async function lookAtSeries(
  querier: Querier,
  faults: string[],
  textOf: Map<number, string>,
): Promise<number> {
  const set = await querier.select({ matchers, ...allTime, sorted: false })
  const { offsets, labelIds } = set.labels
  for (let row = 0; row < set.seriesCount; row++) {
    const ids = labelIds.subarray(offsets[row], offsets[row + 1])
    const texts = Array.from(ids, (id) => querier.symbols.text(id))
    if (texts.length !== 6 || texts[5] !== `of ${texts[3]}`) faults.push(texts.join(' '))
    ids.forEach((id, at) => {
      textOf.set(id, texts[at] ?? '')
    })
  }
  return set.seriesCount
}

async function lookAtValues(
  querier: Querier,
  faults: string[],
  textOf: Map<number, string>,
): Promise<void> {
  const { ids } = await querier.labelValues('b', [], allTime, 0)
  const texts = Array.from(ids, (id) => querier.symbols.text(id))
  for (const [at, text] of texts.entries()) {
    if (!text.startsWith('of ') || text <= (texts[at - 1] ?? '')) faults.push(`value ${text}`)
    textOf.set(ids[at] ?? 0, text)
  }
}

parentPort?.on('message', (message: ToChurnReader) => {
  if (message.kind === 'snapshot') {
    answered?.(message.snapshot)
    return
  }
  reader.apply(message.update)
  query().then(send, (thrown: unknown) => {
    // Becomes the worker's 'error' event.
    setImmediate(() => {
      throw thrown
    })
  })
})
