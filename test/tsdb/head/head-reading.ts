import type { Labels } from '../../../src/model/labels.ts'
import type { Matcher } from '../../../src/model/matcher.ts'
import type { Querier } from '../../../src/storage/querier.ts'
import type { Head } from '../../../src/tsdb/head/head.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'

export const allTime = { minTimeMs: -8.64e15, maxTimeMs: 8.64e15 }

/** A querier in the writer's own thread, over what the head holds now. */
export function querierOf(head: Head, reader = new HeadReader()): Querier {
  reader.apply(head.update(reader.version))
  return reader.queriers({
    snapshot: async (ids, count, since) => head.snapshot(ids, count, since),
  }).inOrder
}

/** Appends samples to a head without a log. */
export function appendTo(head: Head, labels: Labels, timestampMs: number, value: number): void {
  const halves = new Uint32Array(Float64Array.of(value).buffer)
  head.append(head.series(labels), timestampMs, halves[1] ?? 0, halves[0] ?? 0)
}

/** The label sets that a select finds, as "name value name value ...", in its order. */
export async function selectTexts(
  querier: Querier,
  matchers: readonly Matcher[],
  sorted: boolean,
  range = allTime,
): Promise<string[]> {
  const set = await querier.select({ matchers, ...range, sorted })
  const { offsets, labelIds } = set.labels
  return Array.from({ length: set.seriesCount }, (_, series) =>
    Array.from(labelIds.subarray(offsets[series], offsets[series + 1]), (id) =>
      querier.symbols.text(id),
    ).join(' '),
  )
}
