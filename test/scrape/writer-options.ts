import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createPageScanner } from '../../src/kernels/exposition.ts'
import { Labels } from '../../src/model/labels.ts'
import { LineShapes } from '../../src/scrape/line-shapes.ts'
import { PageColumns } from '../../src/scrape/page-columns.ts'
import { ProtobufScratch } from '../../src/scrape/parse-protobuf.ts'
import { ScrapeMetrics } from '../../src/scrape/scrape-metrics.ts'
import { targetOf } from '../../src/scrape/target.ts'
import { TargetMetadata } from '../../src/scrape/target-metadata.ts'
import type { WriterOptions } from '../../src/scrape/target-writer.ts'

/** Of one target whose pages go into a real database; `job` is the rest of its job, as YAML in braces. */
export function writerOptions(
  appendable: WriterOptions['appendable'],
  features: WriterOptions['features'],
  job = '',
): { readonly options: WriterOptions; readonly registry: MetricsRegistry } {
  const text = `scrape_configs: [{job_name: j, ${job}}]`
  const [config] = loadConfig(text, 'x.yml').scrapeConfigs
  if (config === undefined) throw new Error('no job')
  const outcome = targetOf(Labels.of({ __address__: 'a:1' }), Labels.empty, config)
  if (outcome.kind !== 'active') throw new Error(outcome.kind)
  const registry = new MetricsRegistry()
  const options = {
    target: outcome.target,
    config,
    appendable,
    scratch: {
      scanner: createPageScanner(),
      columns: new PageColumns(),
      protobuf: new ProtobufScratch(),
      shapes: new LineShapes(),
    },
    metadata: new TargetMetadata((name, metadata) => ({ name, metadata })),
    features,
    metrics: new ScrapeMetrics(registry),
    clock: systemClock,
    logger: silentLogger,
  }
  return { options, registry }
}
