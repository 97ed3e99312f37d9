import { describe, expect, it } from 'vitest'
import { type FamilyText, metricFamilies } from '../support/metric-families.ts'
import { ScrapeBench } from '../support/scrape-bench.ts'

const type =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

function counter(trace: Readonly<Record<string, string>>): FamilyText {
  const exemplar = { labels: trace, value: 1, timestampMs: 1_000 }
  return { name: 'c', type: 0, metrics: [{ counter: { value: 5, exemplar } }] }
}

/** The bytes with the first such text, of as many bytes, replaced. */
function replaced(page: Buffer, text: string, by: Buffer): Buffer {
  const at = page.indexOf(text)
  return Buffer.concat([page.subarray(0, at), by, page.subarray(at + by.length)])
}

async function scraped(body: Buffer, job = ''): Promise<ScrapeBench> {
  const bench = await ScrapeBench.start(job, { type, body })
  await bench.scrape(body)
  return bench
}

describe('a protobuf page, as Prometheus reads it,', () => {
  it('is not refused for an exemplar whose label has no name or is no text', async () => {
    for (const page of [
      metricFamilies([counter({ '': 'x' })]),
      replaced(
        metricFamilies([counter({ trace_id: 'wxyz' })]),
        'wxyz',
        Buffer.from([255, 1, 2, 3]),
      ),
    ]) {
      const bench = await scraped(page)
      expect(bench.manager.activeTargets()[0]?.lastError).toBe('')
      expect(bench.values('c')).toEqual([5])
    }
  })

  it('is refused for a label without a name, unless relabelling drops the series', async () => {
    const page = metricFamilies([
      { name: 'g', type: 1, metrics: [{ labels: { '': 'x' }, gauge: 1 }] },
    ])
    const bench = await scraped(page)
    expect(bench.manager.activeTargets()[0]?.lastError).toBe(
      `invalid metric name or label names: {""="x", __name__="g", instance="${bench.server.host}", job="j"}`,
    )
    expect(bench.values('scrape_samples_scraped')).toEqual([1])
    const drop = '  metric_relabel_configs: [{action: drop, source_labels: [__name__], regex: g}]'
    expect((await scraped(page, drop)).values('up')).toEqual([1])
  })

  const [badName, badValue, noName] = [
    [10, 1, 255],
    [18, 1, 255],
    [10, 0],
  ]
  const [name, value, otherName] = [
    [10, 1, 110],
    [18, 1, 120],
    [10, 1, 109],
  ]
  it.each([
    ['names that are both text', [...otherName, ...name, ...value], ''],
    ['a name that is no text in front of another', [...badName, ...name, ...value], 'name: \ufffd'],
    ['a value that is no text', [...name, ...badValue, ...value], 'value: \ufffd'],
    ['a name that is empty in front of another', [...noName, ...name, ...value], 'name: '],
    ['a name that is there and empty', [...noName, ...value], 'name: '],
  ])('with %s in one label counts each of them', async (_what, fields, fault) => {
    // As long as the label whose place it takes: what is left is its value once more.
    const padding = 20 - fields.length - 2
    const label = Buffer.from([...fields, 18, padding, ...Array<number>(padding).fill(120)])
    const labels = { aa: 'b'.repeat(14) }
    const page = metricFamilies([{ name: 'g', type: 1, metrics: [{ labels, gauge: 7 }] }])
    const body = replaced(page, `\n\x02aa\x12\x0e${labels.aa}`, label)
    const drop = '  metric_relabel_configs: [{action: drop, source_labels: [__name__], regex: g}]'
    const bench = await scraped(body, fault === '' ? '' : drop)
    const told = bench.manager.activeTargets()[0]?.lastError.replace(/ \(.*/, '')
    expect(told).toBe(fault === '' ? '' : `invalid label ${fault}`)
    if (fault === '') expect(bench.values('g', { n: 'x'.repeat(padding) })).toEqual([7])
  })

  it('does not count a sample whose labels cannot be read', async () => {
    const gauges = [1, 2].map((gauge) => ({ labels: { x: `value${gauge}` }, gauge }))
    const page = metricFamilies([{ name: 'g', type: 1, metrics: gauges }])
    const bench = await scraped(replaced(page, 'value2', Buffer.from([255])))
    expect(bench.values('up')).toEqual([0])
    expect(bench.values('scrape_samples_scraped')).toEqual([1])
  })

  it('tells the type of a family of which no histogram is valid', async () => {
    const histogram = { count: 1, sum: 0, positiveSpans: [[0, 2] as const], positiveDeltas: [1] }
    const page = metricFamilies([{ name: 'h', type: 4, help: 'H.', metrics: [{ histogram }] }])
    const bench = await scraped(page, '  scrape_native_histograms: true')
    expect(bench.manager.activeTargets()[0]?.lastError).toContain('spans require 2 buckets')
    const told: string[] = []
    bench.manager.eachMetadata((family, metadata) => told.push(`${family} ${metadata.type}`) > 0)
    expect(told).toEqual(['h histogram'])
  })
})
