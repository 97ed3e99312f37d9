import { expect, it } from 'vitest'
import { type FamilyText, metricFamilies } from '../support/metric-families.ts'
import { ScrapeBench } from '../support/scrape-bench.ts'

const type =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'
const native = '  scrape_native_histograms: true\n'

function gauge(name: string, value: number): FamilyText {
  return { name, type: 1, metrics: [{ gauge: value }] }
}

/** Of buckets of one observation each, so far apart that no schema makes fewer of them. */
function histogram(buckets: number, count = buckets): FamilyText {
  const spans = Array.from({ length: buckets }, (_, index): [number, number] => [
    index === 0 ? 0 : 300,
    1,
  ])
  const deltas = spans.map((_, index) => (index === 0 ? 1 : 0))
  const parts = { schema: 8, zeroThreshold: 1e-128, positiveSpans: spans, positiveDeltas: deltas }
  return { name: 'h', type: 4, metrics: [{ histogram: { count, sum: 1, ...parts } }] }
}

it('a page with a histogram that is not valid ends in front of it', async () => {
  const bench = await ScrapeBench.start(native, { type, body: '' })
  const page = (value: number, one: FamilyText) =>
    metricFamilies([gauge('y', value), one, gauge('z', value)])
  await bench.scrape(page(1, histogram(3)))
  await bench.scrape(page(2, histogram(3, 1)))
  expect(bench.manager.activeTargets()[0]?.lastError).toBe(
    "3 observations found in buckets, but the Count field is 1: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
  )
  expect(bench.values('up')).toEqual([1, 0])
  expect(bench.values('y')).toEqual([1])
  expect(bench.values('h')).toEqual([3, 'stale'])
  expect(bench.values('z')).toEqual([1, 'stale'])
  expect(bench.values('scrape_samples_scraped')).toEqual([3, 2])
  expect(bench.values('scrape_samples_post_metric_relabeling')).toEqual([3, 1])
  expect(bench.values('scrape_series_added')).toEqual([3, 0])
})

it('a new histogram that is not valid is not counted as added', async () => {
  const bench = await ScrapeBench.start(native, { type, body: '' })
  await bench.scrape(metricFamilies([gauge('y', 1), histogram(3, 1), gauge('z', 1)]))
  expect(bench.values('scrape_samples_post_metric_relabeling')).toEqual([1])
  expect(bench.values('scrape_series_added')).toEqual([1])
})

it('floats and histograms count for the sample limit in the order of the page', async () => {
  const bench = await ScrapeBench.start(`${native}  sample_limit: 3`, { type, body: '' })
  await bench.scrape(metricFamilies([gauge('y', 1), histogram(2), gauge('z', 1)]))
  const over = [gauge('y', 2), gauge('w', 2), histogram(2), gauge('z', 2)]
  await bench.scrape(metricFamilies(over))
  expect(bench.values('up')).toEqual([1, 0])
  expect(bench.values('y')).toEqual([1])
  expect(bench.values('h')).toEqual([2])
  expect(bench.values('z')).toEqual([1, 'stale'])
  expect(bench.values('scrape_series_added')).toEqual([3, 1])
})

it('a histogram of too many buckets is stale, the rest of its page is not', async () => {
  const bucketsMax = `${native}  native_histogram_bucket_limit: 3`
  const bench = await ScrapeBench.start(bucketsMax, { type, body: '' })
  await bench.scrape(metricFamilies([gauge('y', 1), histogram(2)]))
  await bench.scrape(metricFamilies([gauge('y', 2), histogram(2_000), gauge('z', 2)]))
  expect(bench.manager.activeTargets()[0]?.lastError).toBe('histogram bucket limit exceeded')
  expect(bench.values('y')).toEqual([1])
  expect(bench.values('h')).toEqual([2, 'stale'])
  expect(bench.values('scrape_series_added')).toEqual([2, 0])
})

it('a converted histogram whose lines do not stand together is a duplicate of itself', async () => {
  const bench = await ScrapeBench.start('  convert_classic_histograms_to_nhcb: true')
  const lines = ['1', '2', '1', '2'].map((b) => `r_bucket{b="${b}",le="1"} 1\n`)
  await bench.scrape(`# TYPE r histogram\n${lines.join('')}`)
  expect(bench.values('r', { b: '1' })).toEqual([1])
  expect(bench.values('scrape_samples_post_metric_relabeling')).toEqual([4])
  expect(bench.values('scrape_series_added')).toEqual([2])
  expect(bench.metric('prometheus_target_scrapes_sample_duplicate_timestamp_total')).toBe(2)
})

it('a converted histogram has none of the labels that its lines have empty', async () => {
  const bench = await ScrapeBench.start(
    '  honor_labels: true\n  always_scrape_classic_histograms: true\n  convert_classic_histograms_to_nhcb: true',
  )
  const bucket = (labels: string) => `r_bucket{${labels}le="+Inf"} 1\n`
  await bench.scrape(`# TYPE r histogram\n${bucket('job="",')}${bucket('a="",job="",')}`)
  expect(bench.values('r', { job: 'j' })).toEqual([1])
  expect(bench.values('r_bucket', { job: 'j' })).toEqual([])
  expect(bench.metric('prometheus_target_scrapes_sample_duplicate_timestamp_total')).toBe(1)
})
