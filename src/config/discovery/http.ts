import { printDurationMs } from '../../model/duration.ts'
import { Address, httpAddressFault } from '../config-url.ts'
import { FieldReader, type Located } from '../field-reader.ts'
import { type HttpClientConfig, readHttpConfig } from '../http-config.ts'
import { printHttp } from '../print-http.ts'
import type { ReadContext } from '../read-context.ts'
import { yamlMap } from '../yaml-text.ts'
import { readRefreshIntervalMs, sectionOfItems } from './section.ts'

export interface HttpDiscoveryConfig {
  readonly mechanism: 'http'
  readonly url: Address
  readonly refreshIntervalMs: number
  readonly http: HttpClientConfig
}

/** Row D2.3. */
export const httpSection = sectionOfItems<HttpDiscoveryConfig>({
  mechanism: 'http',
  read: readHttpDiscovery,
  print: (config) =>
    yamlMap([
      ...printHttp(config.http),
      ['refresh_interval', printDurationMs(config.refreshIntervalMs)],
      ['url', String(config.url)],
    ]),
})

function readHttpDiscovery(at: Located, context: ReadContext): HttpDiscoveryConfig {
  const fields = new FieldReader(at, 'http.plain')
  const url = new Address(fields.text('url', ''))
  const refreshIntervalMs = readRefreshIntervalMs(fields, 60_000)
  const fault = httpAddressFault(url)
  fields.refuse(fault)
  const http = readHttpConfig(fields, context)
  fields.end()
  return { mechanism: 'http', url, refreshIntervalMs, http }
}
