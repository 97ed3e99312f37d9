import { expect, it, onTestFinished } from 'vitest'
import type { Logger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { LineLength } from '../../src/http/line-length.ts'
import { ScrapeManager } from '../../src/scrape/manager.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { discoveryManager } from '../support/discovery-bench.ts'
import { pageServer } from '../support/page-server.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { waitUntil } from '../support/wait-until.ts'

const mebibyte = 1 << 20
const comment = `# ${'x'.repeat(9 * mebibyte)}\n`

function warningsInto(texts: string[]): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (text) => texts.push(text),
    error: () => undefined,
    with: () => logger,
  }
  return logger
}

it('pages over 64 MiB are scraped, counted and told of; a line over 16 MiB is refused', async () => {
  const pages = new Map([
    ['/large', Buffer.from(`${comment.repeat(8)}a 1\n`)],
    ['/line', Buffer.from(`# ${'x'.repeat(17 * mebibyte)}\na 1\n`)],
  ])
  const server = await pageServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4')
    response.end(pages.get(request.url ?? ''))
  })
  const warnings: string[] = []
  const shared = {
    clock: new SimClock(),
    metrics: new MetricsRegistry(),
    logger: warningsInto(warnings),
  }
  const manager = new ScrapeManager({
    ...shared,
    fs: nodeFileSystem,
    appendable: new RecordingAppendable(),
    discovery: discoveryManager(shared),
    hostName: 'test',
  })
  onTestFinished(() => manager.stop())
  const job = (name: string) =>
    `- { job_name: ${name}, metrics_path: /${name}, enable_compression: false,
    static_configs: [{ targets: ['${server.host}'] }] }`
  const jobs = ['large', 'line'].map(job).join('\n')
  manager.apply(loadConfig(`global: { scrape_interval: 10s }\nscrape_configs:\n${jobs}\n`, 'x.yml'))
  await shared.clock.advance(10_000)
  await waitUntil(
    'both are scraped',
    () => manager.activeTargets().every(({ lastScrapeMs }) => lastScrapeMs > 0) || undefined,
  )
  expect(manager.activeTargets().map(({ lastError }) => lastError)).toEqual([
    '',
    'a line has more than 16777216 bytes',
  ])
  expect(shared.metrics.render()).toContain('narthex_scrapes_large_body_total 1\n')
  expect(warnings).toEqual(['Scraped page is unusually large; body_size_limit would refuse it'])
})

it.each([
  [['aaaa\n', 'aaaa\n'], undefined],
  [['aa', 'aaa\n'], 'a line has more than 4 bytes'],
  [['\naa', 'aa\n', 'a'], undefined],
  [['a\naaaaa\na'], undefined],
  [['a\naaaaa'], 'a line has more than 4 bytes'],
])('lines of %j in pieces', (pieces, fault) => {
  const line = new LineLength(4)
  const faults = pieces.map((piece) => line.add(Buffer.from(piece))?.message)
  expect(faults.find((one) => one !== undefined)).toBe(fault)
})
