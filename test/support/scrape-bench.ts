import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Labels } from '../../src/model/labels.ts'
import { ScrapeManager } from '../../src/scrape/manager.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { discoveryManager } from './discovery-bench.ts'
import { type PageServer, pageServer } from './page-server.ts'
import { type RecordedSample, RecordingAppendable } from './recording-appendable.ts'
import { waitUntil } from './wait-until.ts'

/** What the target answers now. */
export interface TargetAnswer {
  status?: number
  type?: string
  body: string | Uint8Array
}

/** A scrape manager with one target whose answers the test changes, over a recording database. */
export class ScrapeBench {
  readonly clock = new SimClock()
  readonly database = new RecordingAppendable()
  readonly metrics = new MetricsRegistry()
  /** What was logged as an error or as information. */
  readonly logged: string[] = []
  readonly answer: TargetAnswer = { body: '' }
  readonly manager: ScrapeManager
  readonly server: PageServer

  constructor(server: PageServer) {
    const log = (message: string) => this.logged.push(message)
    const logger: Logger = { ...silentLogger, info: log, error: log, with: () => logger }
    const shared = {
      clock: this.clock,
      logger,
      metrics: this.metrics,
      fs: nodeFileSystem,
    }
    this.server = server
    this.manager = new ScrapeManager({
      ...shared,
      appendable: this.database,
      discovery: discoveryManager(shared),
      hostName: 'test',
    })
    onTestFinished(() => this.manager.stop())
  }

  static async start(job = '', answer: TargetAnswer = { body: '' }): Promise<ScrapeBench> {
    const started: { bench?: ScrapeBench } = {}
    const server = await pageServer((request, response) => {
      if (started.bench !== undefined) serve(started.bench.answer, request.headers, response)
    })
    const bench = new ScrapeBench(server)
    started.bench = bench
    Object.assign(bench.answer, answer)
    bench.apply(job)
    return bench
  }

  apply(job: string, name = 'j'): void {
    const text = `
global: {scrape_interval: 10s}
scrape_configs:
- job_name: ${name}
  static_configs: [{targets: ["${this.server.host}"]}]
${job}`
    this.manager.apply(loadConfig(text, 'x.yml'))
  }

  /** Lets one interval pass and waits for the scrape that falls into it. */
  async scrape(body?: string | Uint8Array): Promise<void> {
    if (body !== undefined) this.answer.body = body
    const before = this.database.commits
    await this.clock.advance(10_000)
    await waitUntil('the scrape is committed', () =>
      this.database.commits > before ? true : undefined,
    )
  }

  /** Samples of one series of the target, without their times. */
  values(name: string, labels: Record<string, string> = {}): readonly (number | 'stale')[] {
    return this.#samples(name, labels).map(({ value }) => value)
  }

  /** When they are of. */
  times(name: string): readonly number[] {
    return this.#samples(name, {}).map(({ timestampMs }) => timestampMs)
  }

  #samples(name: string, labels: Record<string, string>): readonly RecordedSample[] {
    const own = { __name__: name, job: 'j', instance: this.server.host, ...labels }
    return this.database.samples(Labels.of(own))
  }

  metric(name: string): number {
    const line = this.metrics
      .render()
      .split('\n')
      .find((text) => text.startsWith(`${name} `))
    return Number(line?.split(' ')[1])
  }
}

function serve(answer: TargetAnswer, headers: object, response: ServerResponse): void {
  const type = answer.type ?? 'text/plain; version=0.0.4'
  if ('accept-encoding' in headers && headers['accept-encoding'] === 'gzip') {
    response.writeHead(answer.status ?? 200, { 'content-type': type, 'content-encoding': 'gzip' })
    response.end(gzipSync(answer.body))
  } else {
    response.writeHead(answer.status ?? 200, { 'content-type': type }).end(answer.body)
  }
}
