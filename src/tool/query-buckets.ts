import { compareBytes } from '../model/byte-order.ts'
import { printDurationMs } from '../model/duration.ts'
import { formatFloat } from '../model/go-float-format.ts'
import { type QueryApi, QueryApiError } from './query-api.ts'
import { goNumber, labelSetText, metricText, type QuerySeries, queryValue } from './query-value.ts'

const header = `Bucket stats for each histogram series over time
------------------------------------------------
First the min, avg, and max number of populated buckets, followed by the total
number of buckets (only if different from the max number of populated buckets
which is typical for classic but not native histograms).`
const footer = `Aggregated bucket stats
-----------------------
Each line shows min/avg/max over the series above.`

/** How many buckets of a series were in use, sample by sample. */
interface BucketUse {
  readonly least: number
  readonly average: number
  readonly most: number
  /** Buckets that there are. */
  readonly total: number
}

/** `query analyze` (row F5.5): the page that promtool prints, series of a selector by name. */
export async function analyzeBuckets(
  api: QueryApi,
  matches: readonly string[],
  timeSeconds: number,
  durationMs: number,
): Promise<string> {
  const lines = [header, '']
  const native: BucketUse[] = []
  const classic: BucketUse[] = []
  for (const match of matches) {
    const query = `${match}[${printDurationMs(durationMs)}]`
    const parameters = new URLSearchParams({ query, time: String(timeSeconds) })
    const value = queryValue((await api.ask('query', parameters, 'POST')).data)
    if (value.type !== 'matrix') {
      throw new QueryApiError('', 'query of buckets resulted in non-Matrix')
    }
    for (const series of value.series) {
      if (series.floats.length > 0 || series.histograms.length < 2) continue
      const use = nativeUse(series)
      lines.push(`- ${metricText(series.labels)} (native): ${textOfUse(use)}`)
      native.push(use)
    }
    const groups = [...classicGroups(value.series)].sort(([a], [b]) => compareBytes(a, b))
    for (const [name, buckets] of groups) {
      if ((buckets[0]?.floats.length ?? 0) < 2) continue
      const use = classicUse(buckets)
      lines.push(`- ${name} (classic): ${textOfUse(use)}`)
      classic.push(use)
    }
  }
  lines.push('', footer)
  if (native.length > 0) lines.push('', `Native ${summaryText(native)}`)
  if (classic.length > 0) lines.push('', `Classic ${summaryText(classic)}`)
  return `${lines.join('\n')}\n`
}

function nativeUse({ histograms }: QuerySeries): BucketUse {
  const all = new Set<string>()
  const counts = histograms.map(({ value }) => {
    for (const { boundaries, lower, upper } of value.buckets ?? []) {
      all.add(`${boundaries} ${lower} ${upper}`)
    }
    return value.buckets?.length ?? 0
  })
  return bucketUseOf(counts, all.size)
}

/** The buckets of each classic histogram, by what its series have in common. */
function classicGroups(series: readonly QuerySeries[]): Map<string, QuerySeries[]> {
  const groups = new Map<string, QuerySeries[]>()
  for (const one of series) {
    const labels = new Map(one.labels)
    const name = labels.get('__name__') ?? ''
    if (one.floats.length === 0 || !labels.has('le') || !name.endsWith('_bucket')) continue
    const others = one.labels.filter(([label]) => label !== '__name__' && label !== 'le')
    const key = `${name}${labelSetText(others)}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return groups
}

function classicUse(unsorted: readonly QuerySeries[]): BucketUse {
  const boundOf = ({ labels }: QuerySeries) => goNumber(new Map(labels).get('le') ?? '0')
  const samples = unsorted[0]?.floats.length ?? 0
  const buckets = [...unsorted].sort((a, b) => (boundOf(a) < boundOf(b) ? -1 : 1))
  const counts = Array.from({ length: samples }, (_none, at) => populated(buckets, at))
  return bucketUseOf(counts, buckets.length)
}

/** How many buckets hold something at one time; those behind a gap are not counted. */
function populated(buckets: readonly QuerySeries[], at: number): number {
  let count = 0
  let before: QuerySeries['floats'][number] | undefined
  for (const { floats } of buckets) {
    const point = floats[at]
    if (point === undefined) return count
    if (before !== undefined && before.seconds !== point.seconds) {
      throw new QueryApiError('', 'matrix result is not time aligned')
    }
    if (Math.trunc(point.value - (before?.value ?? 0)) !== 0) count++
    before = point
  }
  return count
}

function bucketUseOf(counts: readonly number[], total: number): BucketUse {
  const sum = counts.reduce((before, count) => before + count, 0)
  return {
    least: Math.min(...counts),
    average: sum / counts.length,
    most: Math.max(...counts),
    total,
  }
}

function textOfUse({ least, average, most, total }: BucketUse): string {
  return `${least}/${formatFloat(average, 'f', 3)}/${most}${most === total ? '' : `/${total}`}`
}

function summaryText(uses: readonly BucketUse[]): string {
  const [least, average, most, total] = [
    spreadText(uses.map((use) => use.least)),
    // As promtool, which cuts the averages to whole numbers first.
    spreadText(uses.map((use) => Math.trunc(use.average))),
    spreadText(uses.map((use) => use.most)),
    spreadText(uses.map((use) => use.total)),
  ]
  const lines = [
    `histogram series (${uses.length} in total):`,
    `- min populated: ${least}`,
    `- avg populated: ${average}`,
    `- max populated: ${most}`,
  ]
  if (most !== total) lines.push(`- total: ${total}`)
  return lines.join('\n')
}

function spreadText(numbers: readonly number[]): string {
  const sum = numbers.reduce((before, number) => before + number, 0)
  const average = formatFloat(sum / numbers.length, 'f', 3)
  return `${Math.min(...numbers)}/${average}/${Math.max(...numbers)}`
}
