import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { Labels } from '../../src/model/labels.ts'
import { pageServer } from '../support/page-server.ts'
import { ScrapeBench, type TargetAnswer } from '../support/scrape-bench.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('scraping', () => {
  it('stores samples and report series, slot by slot', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a{x="1"} 1\nb 2\n')
    await bench.scrape('a{x="1"} 3\nb 4\n')
    expect(bench.values('a', { x: '1' })).toEqual([1, 3])
    expect(bench.values('up')).toEqual([1, 1])
    expect(bench.values('scrape_samples_scraped')).toEqual([2, 2])
    expect(bench.values('scrape_samples_post_metric_relabeling')).toEqual([2, 2])
    expect(bench.values('scrape_series_added')).toEqual([2, 0])
    const [first, second] = bench.database.samples(
      Labels.of({ __name__: 'b', job: 'j', instance: bench.server.host }),
    )
    expect((second?.timestampMs ?? 0) - (first?.timestampMs ?? 0)).toBe(10_000)
    expect(bench.server.connections()).toBe(1)
  })

  it('asks as upstream does', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    expect(bench.server.requests[0]?.headers).toMatchObject({
      'accept-encoding': 'gzip',
      'x-prometheus-scrape-timeout-seconds': '10',
      accept: expect.stringMatching(/^application\/openmetrics-text;version=1\.0\.0;/),
    })
  })

  it('a series that leaves the page is marked stale once, and may come back', async () => {
    const bench = await ScrapeBench.start()
    for (const body of ['a 1\nb 1\n', 'a 2\n', 'a 3\n', 'a 4\nb 4\n']) await bench.scrape(body)
    expect(bench.values('a')).toEqual([1, 2, 3, 4])
    expect(bench.values('b')).toEqual([1, 'stale', 4])
    expect(bench.values('scrape_series_added')).toEqual([2, 0, 0, 1])
  })

  it('series that are back behind an empty answer are not counted as added', async () => {
    const bench = await ScrapeBench.start()
    for (const body of ['a 1\n', '', 'a 3\n', '# none\n', 'a 5\n']) await bench.scrape(body)
    expect(bench.values('a')).toEqual([1, 'stale', 3, 'stale', 5])
    expect(bench.values('up')).toEqual([1, 1, 1, 1, 1])
    expect(bench.values('scrape_series_added')).toEqual([1, 0, 0, 0, 1])
  })

  it('a database that takes nothing is told of once, and when it takes samples again', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    const scrapedMs = () => bench.manager.activeTargets()[0]?.lastScrapeMs ?? 0
    bench.database.isReadOnly = true
    for (let scrape = 0; scrape < 4; scrape++) {
      const before = scrapedMs()
      await bench.clock.advance(10_000)
      await waitUntil('the scrape is over', () => scrapedMs() > before || undefined)
    }
    bench.database.isReadOnly = false
    await bench.scrape('a 2\n')
    await bench.scrape('a 3\n')
    expect(bench.logged).toEqual(['Scrape commit failed', 'Scrapes are committed again'])
    expect(bench.values('a')).toEqual([1, 2, 3])
  })

  it('a failed scrape marks every series of the target stale, once', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\nb 1\n')
    bench.answer.status = 500
    await bench.scrape()
    await bench.scrape()
    bench.answer.status = 200
    await bench.scrape('a 4\nb 4\n')
    expect(bench.values('a')).toEqual([1, 'stale', 4])
    expect(bench.values('up')).toEqual([1, 0, 0, 1])
    expect(bench.values('scrape_series_added')).toEqual([2, 0, 0, 0])
    expect(bench.manager.activeTargets()[0]?.health).toBe('up')
  })

  it('a page with an error in its middle stores nothing of it and tells the place', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\nb 1\n')
    await bench.scrape('a 2\nb{ 2\n')
    await bench.scrape('a 2\nb{ 2\n')
    expect(bench.values('a')).toEqual([1])
    expect(bench.values('b')).toEqual([1, 'stale'])
    expect(bench.manager.activeTargets()[0]?.lastError).toBe(
      'expected label name, got "2" ("INVALID") while parsing: "b{ 2" (line 2, column 4)',
    )
  })

  it.each<[string, TargetAnswer, string]>([
    ['', { body: 'a 1', status: 404 }, 'server returned HTTP status 404 Not Found'],
    [
      '',
      { body: '<html>', type: 'text/html' },
      'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
    ],
    ['  sample_limit: 1', { body: 'a 1\nb 1\n' }, 'sample limit exceeded'],
    ['  body_size_limit: 10B', { body: 'abcdefg 12' }, 'body size limit exceeded'],
    [
      '  label_limit: 2',
      { body: 'a 1\n' },
      'label_limit exceeded (metric: a, number of labels: 3, limit: 2)',
    ],
    [
      '  label_value_length_limit: 30',
      { body: `a{x="${'y'.repeat(31)}"} 1\n` },
      `label_value_length_limit exceeded (metric: a, label name: x, value: "${'y'.repeat(31)}", length: 31, limit: 30)`,
    ],
    [
      '  metric_name_validation_scheme: legacy',
      { body: '{"a b"} 1\n' },
      'invalid metric name or label names:',
    ],
  ])('%j with %j fails with: %s', async (job, answer, message) => {
    const bench = await ScrapeBench.start(job, answer)
    await bench.scrape()
    expect(bench.manager.activeTargets()[0]?.lastError).toContain(message)
    expect(bench.values('up')).toEqual([0])
    expect(bench.values('a')).toEqual([])
  })

  it('a breached sample limit creates no series, but the report has the counts', async () => {
    const bench = await ScrapeBench.start('  sample_limit: 2', { body: 'a 1\nb 1\nc 1\n' })
    await bench.scrape()
    expect(bench.database.seriesLabels().map((labels) => labels.get('__name__'))).not.toContain('a')
    expect(bench.values('scrape_samples_post_metric_relabeling')).toEqual([3])
    expect(bench.metric('prometheus_target_scrapes_exceeded_sample_limit_total')).toBe(1)
  })

  it('series that a page over the sample limit has within it are not marked stale', async () => {
    const bench = await ScrapeBench.start('  sample_limit: 2')
    for (const body of ['a 1\nb 1\n', 'x 2\nb 2\na 2\n', 'b 3\n']) await bench.scrape(body)
    bench.answer.status = 500
    await bench.scrape()
    expect(bench.values('up')).toEqual([1, 0, 1, 0])
    expect(bench.values('a')).toEqual([1, 'stale'])
    expect(bench.values('b')).toEqual([1, 3, 'stale'])
    expect(bench.values('x')).toEqual([])
    expect(bench.values('scrape_series_added')).toEqual([2, 1, 0, 0])
  })

  it('a series that was over the sample limit counts as added once it is within it', async () => {
    const bench = await ScrapeBench.start('  sample_limit: 2')
    for (const body of ['a 1\nb 1\nc 1\n', 'c 2\na 2\nb 2\n', 'c 3\n']) await bench.scrape(body)
    expect(bench.values('c')).toEqual([3])
    expect(bench.values('scrape_series_added')).toEqual([2, 1, 0])
  })

  it('a series counts as added when the database takes a sample of it', async () => {
    const bench = await ScrapeBench.start(
      '  metric_relabel_configs: [{action: labeldrop, regex: x}]',
    )
    await bench.scrape('a{x="1"} 1 5000\n')
    await bench.scrape('a{x="2"} 2 4000\n')
    await bench.scrape('a{x="2"} 3 4000\n')
    await bench.scrape('a{x="2"} 4 6000\n')
    await bench.scrape('a{x="2"} 5 7000\n')
    expect(bench.values('a')).toEqual([1, 4, 5])
    expect(bench.values('scrape_series_added')).toEqual([1, 0, 0, 1, 0])
  })

  it.each([
    ['', 'a{x="1",y="2",x="3"} 1\n', 'label name "x" is not unique: invalid sample'],
    ['', 'a{__name__="b"} 1\n', 'label name "__name__" is not unique: invalid sample'],
    ['  metric_relabel_configs: [{action: labeldrop, regex: x}]', 'a{x="1",x="2"} 1\n', ''],
  ])('%j with a label twice, %j, says: %j', async (job, body, lastError) => {
    const bench = await ScrapeBench.start(job)
    await bench.scrape(`good 1\n${body}`)
    expect(bench.manager.activeTargets()[0]?.lastError).toBe(lastError)
    expect(bench.values('good')).toEqual(lastError === '' ? [1] : [])
  })

  it('labels that fail a scrape are told as Prometheus writes them', async () => {
    const bench = await ScrapeBench.start('  metric_name_validation_scheme: legacy')
    await bench.scrape('a{"x.y"="1\\n\u0001"} 1\n')
    expect(bench.manager.activeTargets()[0]?.lastError).toBe(
      `invalid metric name or label names: {__name__="a", instance="${bench.server.host}", job="j", "x.y"="1\\n\\x01"}`,
    )
    const long = await ScrapeBench.start('  label_value_length_limit: 60')
    await long.scrape(`a{x="\u{1f600}\u200b${'y'.repeat(60)}"} 1\n`)
    expect(long.manager.activeTargets()[0]?.lastError).toContain(
      `value: "\u{1f600}\\u200b${'y'.repeat(48)}", length: 67, limit: 60`,
    )
  })

  it('clashing labels are renamed, or win with honor_labels', async () => {
    const renamed = await ScrapeBench.start()
    await renamed.scrape('a{job="x",exported_job="y"} 1\n')
    expect(renamed.values('a', { exported_job: 'y', exported_exported_job: 'x' })).toEqual([1])
    const honored = await ScrapeBench.start('  honor_labels: true')
    await honored.scrape('a{job="x",instance=""} 1\n')
    expect(honored.database.samples(Labels.of({ __name__: 'a', job: 'x' }))).toHaveLength(1)
  })

  it('metric relabelling decides once for each series', async () => {
    const bench = await ScrapeBench.start(`  metric_relabel_configs:
  - {action: drop, source_labels: [__name__], regex: b}
  - {action: labeldrop, regex: x}`)
    for (let round = 0; round < 2; round++) await bench.scrape('a{x="1"} 1\nb 2\n')
    expect(bench.values('a')).toEqual([1, 1])
    expect(bench.values('b')).toEqual([])
    expect(bench.values('scrape_samples_scraped')).toEqual([2, 2])
    expect(bench.values('scrape_samples_post_metric_relabeling')).toEqual([1, 1])
  })

  it('two lines that relabelling makes one series are alive as long as one of them is', async () => {
    const bench = await ScrapeBench.start(
      '  metric_relabel_configs: [{action: labeldrop, regex: x}]',
    )
    await bench.scrape('a{x="1"} 1\na{x="2"} 1\n')
    await bench.scrape('a{x="2"} 2\n')
    expect(bench.values('a')).toEqual([1, 2])
    await bench.scrape('\n')
    expect(bench.values('a')).toEqual([1, 2, 'stale'])
  })

  it('timestamps of the page are used unless the job says no, and bring no staleness', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1 5000\n')
    await bench.scrape('\n')
    const labels = Labels.of({ __name__: 'a', job: 'j', instance: bench.server.host })
    expect(bench.database.samples(labels)).toEqual([{ timestampMs: 5_000, value: 1 }])
    const own = await ScrapeBench.start('  honor_timestamps: false')
    await own.scrape('a 1 5000\n')
    await own.scrape('\n')
    expect(own.values('a')).toEqual([1, 'stale'])
  })

  it('samples that the head refuses are counted by reason', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1 5000\n')
    await bench.scrape('a 1 4000\nb 1\nb 2\n')
    expect(bench.metric('prometheus_target_scrapes_sample_out_of_order_total')).toBe(1)
    expect(bench.metric('prometheus_target_scrapes_sample_duplicate_timestamp_total')).toBe(1)
    expect(bench.values('up')).toEqual([1, 1])
  })

  it('goes on with the right series after the database has given out its ids anew', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\nb 2\n')
    bench.database.nextEpoch()
    await bench.scrape('a 3\nb 4\n')
    expect(bench.values('a')).toEqual([1, 3])
    expect(bench.values('b')).toEqual([2, 4])
    expect(bench.values('up')).toEqual([1, 1])
    expect(bench.values('scrape_series_added')).toEqual([2, 0])
  })

  it('a database that takes no new series fails the scrape, not the server', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    bench.database.seriesMax = bench.database.seriesLabels().length
    await bench.scrape('a 2\nb 2\n')
    expect(bench.values('up')).toEqual([1, 0])
    expect(bench.values('a')).toEqual([1, 'stale'])
  })

  it('a target that hangs is down at its deadline', async () => {
    const server = await pageServer(() => undefined)
    const bench = new ScrapeBench(server)
    bench.apply('')
    await bench.clock.advance(10_000)
    await waitUntil('it was asked', () => server.requests[0])
    await bench.clock.advance(10_000)
    await waitUntil('it is down', () =>
      bench.manager.activeTargets().find((t) => t.health === 'down'),
    )
    expect(bench.manager.activeTargets()[0]?.lastError).toBe(
      `Get "http://${server.host}/metrics": context deadline exceeded`,
    )
  })

  it('tells metadata, and forgets it ten pages after its lines', async () => {
    const bench = await ScrapeBench.start()
    const told = () => {
      const seen: string[] = []
      bench.manager.eachMetadata((family, { type, help }) => {
        seen.push(`${family} ${type} ${help}`)
        return true
      })
      return seen
    }
    await bench.scrape('# HELP a Some\\nhelp.\n# TYPE a counter\na 1\n# TYPE b gauge\nb 1\n')
    expect(told()).toEqual(['a counter Some\nhelp.', 'b gauge '])
    const other = '# HELP a Other.\n# TYPE a counter\na 1\n'
    for (let page = 0; page < 10; page++) await bench.scrape(other)
    expect(told()).toEqual(['a counter Other.', 'b gauge '])
    await bench.scrape(other)
    expect(told()).toEqual(['a counter Other.'])
    await bench.scrape(`${other}# HELP b B.\nb 1\n`)
    for (let page = 0; page < 5; page++) await bench.scrape(other)
    for (let page = 0; page < 11; page++) await bench.scrape(`${other}# TYPE b gauge\nb 1\n`)
    expect(told()).toEqual(['a counter Other.', 'b gauge B.'])
  })
})

describe('changing the configuration', () => {
  it('a job that did not change keeps its loop, its connection and its series', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    bench.apply('')
    await bench.scrape('a 2\n')
    expect(bench.server.connections()).toBe(1)
    expect(bench.values('scrape_series_added')).toEqual([1, 0])
  })

  it('another sample limit restarts the loop, but the series go on', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    bench.apply('  sample_limit: 5')
    await bench.scrape('a 2\n')
    for (const value of [3, 4, 5]) await bench.scrape(`a ${value}\n`)
    expect(bench.values('a')).toEqual([1, 2, 3, 4, 5])
    expect(bench.values('scrape_series_added')).toEqual([1, 0, 0, 0, 0])
  })

  it('a job that is gone is marked stale after two intervals and a bit', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    bench.manager.apply(loadConfig('', 'x.yml'))
    // The next slot comes within an interval; the markers 1.1 intervals after it.
    await bench.clock.advance(10_900)
    expect(bench.values('a')).toEqual([1])
    await bench.clock.advance(10_200)
    const labels = Labels.of({ __name__: 'a', job: 'j', instance: bench.server.host })
    const [last, marker] = bench.database.samples(labels)
    expect(marker).toEqual({ timestampMs: (last?.timestampMs ?? 0) + 10_000, value: 'stale' })
    expect(bench.values('up')).toEqual([1, 'stale'])
    expect(bench.manager.activeTargets()).toEqual([])
  })

  it('a scrape that is under way when its job changes is stored, and its target keeps its state', async () => {
    const waiting: ServerResponse[] = []
    const server = await pageServer((_request, response) => waiting.push(response))
    const bench = new ScrapeBench(server)
    const answered = async (body: string) => {
      const response = await waitUntil('it was asked', () => waiting.shift())
      const before = bench.database.commits
      response.writeHead(200, { 'content-type': 'text/plain' }).end(body)
      await waitUntil('it is stored', () => bench.database.commits > before || undefined)
    }
    bench.apply('')
    await bench.clock.advance(10_000)
    await answered('a 1\n')
    for (const samplesMax of [5, 6]) {
      await bench.clock.advance(10_000)
      await waitUntil('it was asked', () => waiting[0])
      bench.apply(`  sample_limit: ${samplesMax}`)
      bench.apply(`  sample_limit: ${samplesMax + 10}`)
      expect(bench.manager.activeTargets()[0]?.health).toBe('up')
      await answered(`a ${samplesMax}\n`)
    }
    expect(bench.values('a')).toEqual([1, 5, 6])
    expect(bench.values('up')).toEqual([1, 1, 1])
    expect(bench.values('scrape_series_added')).toEqual([1, 0, 0])
    await bench.clock.advance(10_000)
    await waitUntil('it was asked', () => waiting[0])
    bench.apply('  sample_limit: 7')
    await bench.manager.stop()
    waiting.shift()?.writeHead(200, { 'content-type': 'text/plain' }).end('a 9\n')
    await bench.clock.advance(60_000)
    expect(bench.values('a')).toEqual([1, 5, 6])
  })

  it('what another loop goes on with is not ended behind it, where late samples are taken', async () => {
    const bench = await ScrapeBench.start()
    bench.database.takesLate = true
    await bench.scrape('a 1\n')
    bench.apply('  honor_labels: true\n  scrape_interval: 7s')
    for (let scrapes = 2; scrapes < 8; scrapes++) {
      // No further than to where the scrape begins: the clock would not wait for its answer, and a
      // marker of before could overtake it. That is up to two milliseconds behind the sample's time.
      const lastMs = scrapes === 2 ? bench.clock.wallMs() : bench.times('up').at(-1)
      await bench.clock.advance((lastMs ?? 0) + 7_002 - bench.clock.wallMs())
      const isDone = () => bench.values('up').length >= scrapes || undefined
      await waitUntil('it is scraped', isDone)
    }
    expect(bench.values('up')).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(bench.values('a')).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  it('a series that only a failed page had is never written of', async () => {
    const bench = await ScrapeBench.start()
    for (const page of ['a 1\n', 'a 1\nb 1\nc{ 1\n', 'a 1\n']) await bench.scrape(page)
    expect(bench.values('a')).toEqual([1, 1])
    const names = bench.database.seriesLabels().map((labels) => labels.get('__name__'))
    expect(names).not.toContain('b')
  })

  it('stopping the server marks nothing stale', async () => {
    const bench = await ScrapeBench.start()
    await bench.scrape('a 1\n')
    await bench.manager.stop()
    await bench.clock.advance(60_000)
    expect(bench.values('a')).toEqual([1])
  })

  it('over the target limit every target is down without being asked', async () => {
    const bench = await ScrapeBench.start('  target_limit: 1')
    await bench.scrape('a 1\n')
    bench.manager.apply(
      loadConfig(
        `
global: {scrape_interval: 10s}
scrape_configs:
- job_name: j
  target_limit: 1
  static_configs: [{targets: ["${bench.server.host}", "127.0.0.1:1"]}]`,
        'x.yml',
      ),
    )
    await bench.scrape()
    await bench.clock.advance(10_000)
    const errors = bench.manager.activeTargets().map((target) => target.lastError)
    expect(errors).toEqual([
      'target_limit exceeded (number of targets: 2, limit: 1)',
      'target_limit exceeded (number of targets: 2, limit: 1)',
    ])
  })

  it('dropped targets are counted, and told up to keep_dropped_targets', async () => {
    const bench = await ScrapeBench.start()
    bench.manager.apply(
      loadConfig(
        `
scrape_configs:
- job_name: j
  keep_dropped_targets: 1
  static_configs: [{targets: [a, b, c]}]
  relabel_configs: [{action: drop, source_labels: [__address__], regex: "[ab]"}]`,
        'x.yml',
      ),
    )
    expect(bench.manager.droppedCounts().get('j')).toBe(2)
    expect(bench.manager.droppedTargets()).toHaveLength(1)
    expect(bench.manager.activeTargets().map((target) => target.scrapeUrl)).toEqual([
      'http://c/metrics',
    ])
  })
})
