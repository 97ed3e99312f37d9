import { goG } from '../../src/model/float-text.ts'
import { Labels } from '../../src/model/labels.ts'
import { labelsText } from '../../src/model/labels-text.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, isStaleAt } from '../../src/model/stale-nan.ts'
import type { ChunkSeriesSet, Querier } from '../../src/storage/querier.ts'
import { Columns } from '../tsdb/block/block-answers.ts'

const everything = {
  matchers: [new Matcher('=~', 'no_such_label', '.*')],
  minTimeMs: -8.64e15,
  maxTimeMs: 8.64e15,
  sorted: true,
}

/** All float samples as `promtool tsdb dump` prints them: labels, value, milliseconds. */
export async function dumpLines(querier: Querier): Promise<string[]> {
  const set = await querier.select(everything)
  const columns = new Columns()
  const lines: string[] = []
  for (let series = 0; series < set.seriesCount; series++) {
    const text = labelsText(Labels.of(labelsOf(querier, set, series)))
    const { minTimeMs, maxTimeMs } = everything
    const count = set.readFloats(series, minTimeMs, maxTimeMs, columns)
    for (let at = 0; at < count; at++) {
      lines.push(`${text} ${goG(columns.values[at] ?? 0)} ${columns.timestampsMs[at]}`)
    }
  }
  return lines
}

/** How many samples each metric has, floats and histograms alike, without stale markers. */
export async function samplesPerMetric(querier: Querier): Promise<ReadonlyMap<string, number>> {
  const set = await querier.select(everything)
  const found = new Map<string, number>()
  const columns = new Columns()
  const { minTimeMs, maxTimeMs } = everything
  const { offsets, samples } = set.chunks
  for (let series = 0; series < set.seriesCount; series++) {
    const name = labelsOf(querier, set, series).__name__ ?? ''
    const own = samples.subarray(offsets[series], offsets[series + 1])
    let count = own.reduce((sum, each) => sum + each, 0)
    const floats = set.readFloats(series, minTimeMs, maxTimeMs, columns)
    const halves = halvesOf(columns.values)
    for (let at = 0; at < floats; at++) if (isStaleAt(halves, at)) count--
    found.set(name, (found.get(name) ?? 0) + count)
  }
  return found
}

export function labelsOf(
  querier: Querier,
  set: ChunkSeriesSet,
  series: number,
): Readonly<Record<string, string>> {
  const { offsets, labelIds } = set.labels
  const texts = [...labelIds.subarray(offsets[series], offsets[series + 1])].map((id) =>
    querier.symbols.text(id),
  )
  return Object.fromEntries(
    texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] ?? '']] : [])),
  )
}
