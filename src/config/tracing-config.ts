import type { Located } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { requestHeadersFault } from './remote/request-headers.ts'
import { SectionReader } from './section-reader.ts'
import type { YamlMapping } from './yaml-text.ts'

/** Where spans go (rows C8.1 to C8.3). */
export type TracingConfig = ReturnType<typeof readFields> & { readonly printed: YamlMapping }

/** undefined without such a section. */
export function readTracing(
  at: Located | undefined,
  context: ReadContext,
): TracingConfig | undefined {
  if (at === undefined) return undefined
  const fields = new SectionReader(at, 'config.plain', context)
  const config = readFields(fields)
  fields.fields.refuse(
    requestHeadersFault(
      config.headers,
      'custom authorization header configuration is not yet supported',
    ) ?? sendingFault(config),
  )
  return { ...config, printed: fields.end() }
}

function readFields(fields: SectionReader) {
  const clientFault = (text: string) =>
    `expected tracing client type to be to be http or grpc, but got ${text}`
  return {
    clientType: fields.word(
      'client_type',
      ['http', 'grpc'] as const,
      clientFault,
      'grpc',
      'unless empty',
      'config.plain',
    ),
    endpoint: fields.text('endpoint'),
    samplingFraction: fields.float('sampling_fraction'),
    insecure: fields.flag('insecure'),
    tls: fields.tls(),
    headers: fields.textMap('headers'),
    /** '' or gzip. */
    compression: fields.text('compression'),
    /** 0 = the sender's own. */
    timeoutMs: fields.durationMs('timeout'),
  }
}

function sendingFault(config: ReturnType<typeof readFields>): string | undefined {
  if (config.endpoint === '') return 'tracing endpoint must be set'
  return config.compression === '' || config.compression === 'gzip'
    ? undefined
    : `invalid compression type ${config.compression} provided, valid options: gzip`
}
