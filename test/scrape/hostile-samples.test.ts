import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Labels } from '../../src/model/labels.ts'
import { labelsText } from '../../src/model/labels-text.ts'
import { TargetWriter } from '../../src/scrape/target-writer.ts'
import { dumpLines } from '../conformance/dump-lines.ts'
import { localQuerier } from '../support/local-querier.ts'
import { metricFamilies } from '../support/metric-families.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { writerOptions } from './writer-options.ts'

const types = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0',
  protobuf:
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
} as const

type Format = keyof typeof types
const formats: readonly Format[] = ['text', 'openmetrics', 'protobuf']

interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly timestampMs?: number
}

/** Gauges h{...} 1 in a format, in their order. */
function pageOf(format: Format, samples: readonly Sample[]): Buffer {
  if (format === 'protobuf') {
    const metrics = samples.map((sample) => ({ ...sample, gauge: 1 }))
    return metricFamilies([{ name: 'h', type: 1, metrics }])
  }
  const lines = samples.map(({ labels = {}, timestampMs }) => {
    const pairs = Object.entries(labels).map(
      ([name, value]) => `${JSON.stringify(name)}=${quoted(value)}`,
    )
    const unit = format === 'text' ? 1 : 1_000
    const time = timestampMs === undefined ? '' : ` ${BigInt(timestampMs) / BigInt(unit)}`
    return `h{${pairs.join(',')}} 1${time}\n`
  })
  return Buffer.from(lines.join('') + (format === 'openmetrics' ? '# EOF\n' : ''))
}

function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** One target whose pages go into a real database. */
async function world() {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const features = { typeAndUnitLabels: false, takesStarts: false }
  const { options, registry } = writerOptions(database, features)
  const writer = new TargetWriter(options)
  const write = (format: Format, samples: readonly Sample[], timeMs: number) => {
    const bytes = pageOf(format, samples)
    const body = { pieces: [bytes], bodyBytes: bytes.length }
    return writer.write({ contentType: types[format], body }, timeMs, systemClock.monotonicMs())
      .fault
  }
  const outOfBounds = () =>
    Number(
      /^prometheus_target_scrapes_sample_out_of_bounds_total (\d+)$/m.exec(registry.render())?.[1],
    )
  /** What is stored of h, stale markers aside. */
  const stored = async () => {
    const querier = localQuerier(database)
    try {
      return (await dumpLines(querier)).filter((line) => /__name__="h".* 1 \d+$/s.test(line))
    } finally {
      querier.close()
    }
  }
  return { write, outOfBounds, stored, seriesCount: () => database.stats().series }
}

const nowMs = Date.now()

/** The last column: what makes a text page as a whole fail, as upstream's parser has it. */
const times: readonly (readonly [string, number, RegExp | undefined])[] = [
  ['of the year 2098', Date.UTC(2098, 0, 1), undefined],
  ['eleven minutes ahead', nowMs + 660_000, undefined],
  ['of the last day that there is', 8.64e15, undefined],
  ['beyond it', 8.64e15 + 1_000, undefined],
  ['beyond whole doubles', 2 ** 53 + 2_000, undefined],
  ['at the end of 64 bits', 2 ** 63 - 1_024, undefined],
  ['before 1970', -1_000, /expected timestamp/],
  ['of the first day that there is', -8.64e15, /expected timestamp/],
  ['at the beginning of 64 bits', -(2 ** 63), /expected timestamp/],
]

describe.each(formats)('hostile samples of a page in %s', (format) => {
  it.each(times)('%s are refused and cost the others nothing', async (_, timestampMs, fault) => {
    const { write, outOfBounds, stored, seriesCount } = await world()
    const line = (good: string, timeMs: number) =>
      `{__name__="h", good="${good}", instance="a:1", job="j"} 1 ${timeMs}`
    expect(write(format, [{ labels: { good: 'a' } }], nowMs)).toBeUndefined()
    const bad = { labels: { good: 'no' }, timestampMs }
    const page = [{ labels: { good: 'b' } }, bad, { labels: { good: 'c' } }]
    const before = seriesCount()
    const found = write(format, page, nowMs + 1_000)
    if (format === 'text' && fault !== undefined) {
      expect(found?.message).toMatch(fault)
      expect(await stored()).toEqual([line('a', nowMs)])
      return
    }
    expect(found).toBeUndefined()
    expect([outOfBounds(), seriesCount() - before]).toEqual([1, 2])
    const later = nowMs + 1_000
    expect(await stored()).toEqual([line('a', nowMs), line('b', later), line('c', later)])
    // As soon as it has a time that is taken it is there.
    expect(write(format, [{ labels: { good: 'no' } }], nowMs + 2_000)).toBeUndefined()
    expect(seriesCount() - before).toBe(3)
    expect(await stored()).toContain(line('no', nowMs + 2_000))
  })

  it('labels are stored exactly, and change no object', async () => {
    const { write, stored } = await world()
    const before = Reflect.ownKeys(Object.prototype)
    const labels = JSON.parse('{"__proto__": "p", "constructor": "c", "toString": "t"}')
    const values = ['<b>&"\\', 'a\nb', '\u0000', '\u001b[31m', 'ü😀', 'x'.repeat(65_536)]
    const samples = values.map((value, index) => ({
      labels: { ...labels, index: `${index}`, value },
    }))
    expect(write(format, samples, nowMs)).toBeUndefined()
    const texts = samples.map(({ labels: own }) => {
      const all = Labels.of({ ...own, __name__: 'h', instance: 'a:1', job: 'j' })
      return `${labelsText(all)} 1 ${nowMs}`
    })
    expect(await stored()).toEqual(texts)
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
  })
})
