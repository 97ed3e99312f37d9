import type { IncomingMessage, ServerResponse } from 'node:http'
import { type PageServer, pageServer } from './page-server.ts'

type Json = Readonly<Record<string, unknown>>

interface ApiObject {
  readonly plural: string
  readonly namespace: string
  readonly name: string
  readonly body: Json & { readonly metadata: Json }
}

interface ApiEvent {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: ApiObject
}

interface Watcher {
  readonly matches: (object: ApiObject) => boolean
  readonly response: ServerResponse
}

const kinds: Readonly<Record<string, readonly [string, string]>> = {
  nodes: ['v1', 'Node'],
  namespaces: ['v1', 'Namespace'],
  pods: ['v1', 'Pod'],
  services: ['v1', 'Service'],
  endpoints: ['v1', 'Endpoints'],
  endpointslices: ['discovery.k8s.io/v1', 'EndpointSlice'],
  ingresses: ['networking.k8s.io/v1', 'Ingress'],
  replicasets: ['apps/v1', 'ReplicaSet'],
  jobs: ['batch/v1', 'Job'],
}

/**
 * An API server as a cluster has it, for list and watch: pages with continue, versions, chunked
 * watches with bookmarks, 410 for versions that are compacted away, label and field selectors.
 */
export class KubernetesServer {
  readonly #objects = new Map<string, ApiObject>()
  readonly #events: ApiEvent[] = []
  readonly #watchers = new Set<Watcher>()
  #version = 100
  #oldestVersion = 0
  #pageItems = 500
  #refusal: number | undefined
  #server: PageServer | undefined

  async start(): Promise<this> {
    this.#server = await pageServer((request, response) => this.answer(request, response))
    return this
  }

  get url(): string {
    return `http://${this.#server?.host}`
  }

  /** Path and query of every request. */
  get requests(): readonly URL[] {
    return (this.#server?.requests ?? []).map(({ url = '' }) => new URL(url, this.url))
  }

  get headers(): readonly IncomingMessage['headers'][] {
    return (this.#server?.requests ?? []).map((request) => request.headers)
  }

  get version(): number {
    return this.#version
  }

  /** Lists and watches of a kind so far. */
  asked(plural: string): readonly string[] {
    return this.requests
      .filter((url) => url.pathname.endsWith(`/${plural}`))
      .map((url) => (url.searchParams.has('watch') ? 'watch' : 'list'))
  }

  watches(): number {
    return this.#watchers.size
  }

  put(plural: string, body: Json & { readonly metadata: Json }): void {
    const { name = '', namespace = '' } = body.metadata
    const key = `${plural} ${String(namespace)}/${String(name)}`
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED'
    const [apiVersion, kind] = kinds[plural] ?? []
    const metadata = { ...body.metadata, resourceVersion: String(++this.#version) }
    const whole = { apiVersion, kind, ...body, metadata }
    const object = { plural, namespace: String(namespace), name: String(name), body: whole }
    this.#objects.set(key, object)
    this.#happen({ version: this.#version, type, object })
  }

  remove(plural: string, namespace: string, name: string): void {
    const key = `${plural} ${namespace}/${name}`
    const object = this.#objects.get(key)
    if (object === undefined) throw new Error(`no ${key}`)
    this.#objects.delete(key)
    const metadata = { ...object.body.metadata, resourceVersion: String(++this.#version) }
    const gone = { ...object, body: { ...object.body, metadata } }
    this.#happen({ version: this.#version, type: 'DELETED', object: gone })
  }

  /** All watches hear of a version at which nothing of theirs happened. */
  bookmark(): void {
    const metadata = { resourceVersion: String(++this.#version) }
    for (const { response } of this.#watchers) {
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`)
    }
  }

  /** Forgets what happened so far: who watches from before is told 410. */
  compact(): void {
    this.#oldestVersion = this.#version
    this.#events.length = 0
  }

  /** Breaks all watches: in order, or in the middle of a line. */
  breakWatches(how: 'end' | 'cut'): void {
    for (const { response } of this.#watchers) {
      if (how === 'end') response.end()
      else response.write('{"type":"ADDED","obj', () => response.destroy())
    }
    this.#watchers.clear()
  }

  /** The next requests are answered with this status; undefined: as ever. */
  refuse(status: number | undefined): void {
    this.#refusal = status
  }

  pagesOf(items: number): void {
    this.#pageItems = items
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://any')
    const place = /^\/(?:api\/v1|apis\/[^/]+\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(
      url.pathname,
    )
    const [, namespace, plural = ''] = place ?? []
    // As servers that have no lists by watch: clients then list.
    const isUnknown = url.searchParams.has('sendInitialEvents')
    const refusal = this.#refusal ?? (place === null ? 404 : isUnknown ? 422 : undefined)
    if (refusal !== undefined) {
      this.#fail(response, refusal, 'no such luck')
      return
    }
    const matches = matcherOf(plural, namespace, url.searchParams)
    response.setHeader('content-type', 'application/json')
    if (url.searchParams.has('watch')) {
      this.#watch(matches, url.searchParams, response)
      return
    }
    const from = Number(url.searchParams.get('continue') ?? 0)
    const all = [...this.#objects.values()].filter(matches)
    const limit = Number(url.searchParams.get('limit') ?? 0)
    const size = limit === 0 ? all.length : Math.min(limit, this.#pageItems)
    const isLast = from + size >= all.length
    const metadata = {
      resourceVersion: String(this.#version),
      ...(isLast ? {} : { continue: String(from + size), remainingItemCount: all.length - size }),
    }
    const [apiVersion, kind] = kinds[plural] ?? []
    const items = all.slice(from, from + size).map(({ body }) => body)
    response.end(JSON.stringify({ kind: `${kind}List`, apiVersion, metadata, items }))
  }

  #watch(matches: Watcher['matches'], query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion') ?? 0)
    response.writeHead(200)
    response.flushHeaders()
    if (from < this.#oldestVersion) {
      const message = `too old resource version: ${from} (${this.#version})`
      const status = { kind: 'Status', status: 'Failure', message, reason: 'Expired', code: 410 }
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
      return
    }
    const watcher = { matches, response }
    for (const event of this.#events) if (event.version > from) tell(watcher, event)
    this.#watchers.add(watcher)
    response.on('close', () => this.#watchers.delete(watcher))
  }

  #happen(event: ApiEvent): void {
    this.#events.push(event)
    for (const watcher of this.#watchers) tell(watcher, event)
  }

  #fail(response: ServerResponse, code: number, message: string): void {
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message,
      code,
      reason: code === 422 ? 'Invalid' : '',
    }
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status))
  }
}

function tell({ matches, response }: Watcher, { type, object }: ApiEvent): void {
  if (matches(object)) response.write(`${JSON.stringify({ type, object: object.body })}\n`)
}

function matcherOf(plural: string, namespace: string | undefined, query: URLSearchParams) {
  const labels = pairsOf(query.get('labelSelector'))
  const fields = pairsOf(query.get('fieldSelector'))
  return (object: ApiObject) =>
    object.plural === plural &&
    (namespace === undefined || object.namespace === namespace) &&
    labels.every(([name, value]) => at(object.body, ['metadata', 'labels', name]) === value) &&
    fields.every(([path, value]) => at(object.body, path.split('.')) === value)
}

/** name=value,name=value */
function pairsOf(selector: string | null): readonly (readonly [string, string])[] {
  if (selector === null || selector === '') return []
  return selector.split(',').map((part) => {
    const [name = '', value = ''] = part.split(/==?/)
    return [name, value]
  })
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path) found = (found as Json | undefined)?.[name]
  return found
}
