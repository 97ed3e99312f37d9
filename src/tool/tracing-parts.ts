import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import { Tracer } from '../base/tracer.ts'
import type { Config } from '../config/config.ts'
import { Resolver } from '../http/resolver.ts'
import { TraceExporter } from '../remote/trace-exporter.ts'
import { buildInfo } from './build-info.ts'

/** Tracing as the configuration wants it (rows C8.1 to C8.3). */
export class TracingParts {
  readonly tracer = new Tracer(systemClock)
  readonly #logger: Logger
  readonly #resolver = new Resolver({ fs: nodeFileSystem, clock: systemClock })
  readonly #counted: (outcome: 'sent' | 'dropped', spans: number) => void
  #exporter: TraceExporter | undefined

  constructor({ logger, metrics }: { readonly logger: Logger; readonly metrics: MetricsRegistry }) {
    this.#logger = logger.with({ component: 'tracing' })
    const counters = new Map(
      (['sent', 'dropped'] as const).map((outcome) => [
        outcome,
        metrics.counter('narthex_tracing_spans_total', 'Spans by what became of them.', {
          outcome,
        }),
      ]),
    )
    this.#counted = (outcome, spans) => counters.get(outcome)?.add(spans)
  }

  /** Certificate files are read anew, too. Throws CONFIG_INVALID. */
  apply({ tracing }: Config): void {
    const before = this.#exporter
    if (tracing === undefined && before === undefined) return
    this.#exporter = tracing === undefined ? undefined : this.#exporterOf(tracing)
    this.tracer.use(this.#exporter)
    void before?.close()
    const isOn = this.#exporter !== undefined
    this.#logger.info(
      isOn ? 'Successfully installed a new tracer provider.' : 'Tracing provider uninstalled.',
    )
  }

  #exporterOf(config: NonNullable<Config['tracing']>): TraceExporter {
    const { version, nodeVersion } = buildInfo()
    try {
      return new TraceExporter({
        config,
        resource: {
          'service.name': 'prometheus',
          'service.version': version,
          'process.runtime.name': 'nodejs',
          'process.runtime.version': nodeVersion,
          'telemetry.sdk.name': 'narthex',
          'telemetry.sdk.language': 'nodejs',
        },
        fs: nodeFileSystem,
        clock: systemClock,
        resolver: this.#resolver,
        logger: this.#logger,
        counted: this.#counted,
      })
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown
      const words = `tracing.endpoint ${JSON.stringify(config.endpoint)} is no host:port and no URL`
      throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
    }
  }

  async close(): Promise<void> {
    this.tracer.use(undefined)
    await this.#exporter?.close()
  }
}
