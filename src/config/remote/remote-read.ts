import { goQuote } from '../../model/go-quote.ts'
import { isValidLabelName } from '../../model/name-validity.ts'
import { ConfigUrl } from '../config-url.ts'
import { documentProblem, type Located, problem } from '../field-reader.ts'
import type { ReadContext } from '../read-context.ts'
import { SectionReader } from '../section-reader.ts'
import { isNull } from '../yaml-node.ts'
import type { YamlMapping } from '../yaml-text.ts'
import { remoteAuthorizationFault, requestHeadersFault } from './request-headers.ts'

/** One server that queries read from, too (rows C6.*). */
export type RemoteReadConfig = ReturnType<typeof readFields> & { readonly printed: YamlMapping }

export function readRemoteRead(at: Located, context: ReadContext): RemoteReadConfig {
  if (isNull(at.node)) throw documentProblem('empty or null remote read config section', at)
  const fields = new SectionReader(at, 'config.plain', context)
  const config = readFields(fields)
  fields.fields.refuse(requestHeadersFault(config.headers, remoteAuthorizationFault))
  const printed = fields.end()
  const odd = [...config.requiredMatchers.keys()].find((name) => !isValidLabelName(name, 'utf8'))
  if (odd !== undefined) throw problem(`${goQuote(odd)} is not a valid label name`, at)
  return { ...config, printed }
}

function readFields(fields: SectionReader) {
  const url = fields.url('url')
  if (url === undefined) fields.fields.refuse('url for remote_read is empty')
  return {
    url: url ?? new ConfigUrl(''),
    remoteTimeoutMs: fields.durationMs('remote_timeout', 60_000),
    /** The largest frame of a streamed answer. */
    chunkedReadLimitBytes: Number(fields.count64('chunked_read_limit', 50_000_000n)),
    headers: fields.textMap('headers'),
    readRecent: fields.flag('read_recent'),
    name: fields.text('name'),
    http: fields.http(),
    requiredMatchers: fields.textMap('required_matchers', 'model.LabelSet'),
    filterExternalLabels: fields.flag('filter_external_labels', true),
  }
}
