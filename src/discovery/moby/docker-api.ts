import { NarthexError } from '../../base/errors.ts'
import { plainHttp } from '../../config/http-config.ts'
import { httpEndpoint } from '../http-endpoint.ts'
import { JsonApi, type JsonReply } from '../json-api.ts'
import { JsonReader, readObjects } from '../json-reader.ts'
import type { ConfigOf, DiscoveryTools } from '../mechanism.ts'
import { type LabelEntries, metaLabels } from '../meta-labels.ts'

/** The newest version of the Engine's API that this was written for. */
const newestVersion = [1, 51] as const
/** Of an engine that does not say it. */
const oldestVersion = '1.24'

/** Asks a Docker Engine, in the newest version of its API that both know. */
export class DockerApi {
  readonly #api: JsonApi
  readonly #filters: string
  #version: string | undefined

  constructor(config: ConfigOf<'docker' | 'dockerswarm'>, tools: DiscoveryTools) {
    const endpoint = httpEndpoint(config.host.reveal(), ['unix', 'tcp', 'http', 'https'])
    const isHttp = /^https?:/i.test(config.host.reveal())
    this.#api = new JsonApi(tools, {
      dialer: `${config.mechanism}_sd`,
      ...endpoint,
      // As upstream has it: a Unix socket and bare TCP are spoken to without credentials.
      http: isHttp ? config.http : plainHttp,
      timeoutMs: config.refreshIntervalMs,
    })
    this.#filters = filtersText(config.filters)
  }

  /** Rejects with NarthexError; `what` is what was done, for its words. */
  async list(
    path: '/containers/json' | '/networks' | '/services' | '/tasks' | '/nodes',
    what: string,
    isFiltered: 'filtered' | 'all' = 'all',
  ): Promise<readonly JsonReader[]> {
    const filters = isFiltered === 'filtered' ? this.#filters : ''
    try {
      this.#version ??= await this.#negotiate()
      const query = filters === '' ? '' : `?${new URLSearchParams({ filters })}`
      const reply = await this.#api.get(`/v${this.#version}${path}${query}`)
      if (reply.status < 200 || reply.status >= 300) throw refused(reply)
      return readObjects(reply.json())
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      // The engine may have been replaced by one of another version.
      this.#version = undefined
      throw new NarthexError(thrown.code, `error while ${what}: ${thrown.message}`, {
        cause: thrown,
      })
    }
  }

  /** The meta labels of each network, by its id. */
  async networkLabels(prefix: string): Promise<ReadonlyMap<string, LabelEntries>> {
    const networks = await this.list('/networks', 'computing network labels')
    return new Map(
      networks.map((network) => [
        network.text('Id'),
        [
          [`${prefix}network_id`, network.text('Id')],
          [`${prefix}network_name`, network.text('Name')],
          [`${prefix}network_scope`, network.text('Scope')],
          [`${prefix}network_internal`, String(network.flag('Internal'))],
          [`${prefix}network_ingress`, String(network.flag('Ingress'))],
          ...metaLabels(`${prefix}network_label_`, network.textMap('Labels')),
        ],
      ]),
    )
  }

  close(): void {
    this.#api.close()
  }

  async #negotiate(): Promise<string> {
    const reply = await this.#api.get('/_ping')
    const theirs = reply.header('api-version') || oldestVersion
    const [major = 0, minor = 0] = theirs.split('.').map(Number)
    const isNewer =
      major > newestVersion[0] || (major === newestVersion[0] && minor > newestVersion[1])
    return isNewer ? newestVersion.join('.') : theirs
  }
}

/** As the Engine reads them: {"name": {"value": true}}. */
function filtersText(filters: ConfigOf<'docker'>['filters']): string {
  const byName = new Map<string, Record<string, boolean>>()
  for (const { name, values } of filters) {
    const known = byName.get(name) ?? {}
    byName.set(name, { ...known, ...Object.fromEntries(values.map((value) => [value, true])) })
  }
  return byName.size === 0 ? '' : JSON.stringify(Object.fromEntries(byName))
}

function refused(reply: JsonReply): NarthexError {
  const isJson = reply.contentType.startsWith('application/json')
  const message = isJson ? new JsonReader(reply.json()).text('message') : reply.text.slice(0, 200)
  const words = `Error response from daemon: ${message || `status ${reply.status}`}`
  return new NarthexError('HTTP_REQUEST_FAILED', words)
}
