import type { ApiOptions } from './api-options.ts'
import { type DescribedRoute, type DocumentSettings, openApiDocument } from './openapi-document.ts'
import type { ApiRoute } from './request.ts'
import { searchLimitAtFirst } from './search-routes.ts'
import { yamlText } from './yaml-text.ts'

/** What is served below /api/v1/ without being an ApiRoute. */
const otherRoutes: readonly DescribedRoute[] = [
  { methods: ['POST'], path: 'read' },
  { methods: ['POST'], path: 'write' },
  { methods: ['POST'], path: 'otlp/v1/metrics' },
  { methods: ['GET'], path: 'notifications/live' },
]

/** The description of these routes and of those above, made once it is asked for (row A6.14). */
export function openApiRoute(options: ApiOptions, routes: readonly ApiRoute[]): ApiRoute {
  const made = new Map<DocumentSettings['version'], Uint8Array>()
  return {
    methods: ['GET'],
    path: 'openapi.yaml',
    handle: ({ parameters }) => {
      const asked = parameters.text('openapi_version')
      const version = asked === '3.2' || asked === '3.2.0' ? '3.2.0' : '3.1.0'
      const bytes = made.get(version) ?? document(options, routes, version)
      made.set(version, bytes)
      return {
        kind: 'bytes',
        pieces: [bytes],
        contentType: 'application/yaml; charset=utf-8',
        cacheControl: 'no-cache, no-store, must-revalidate',
      }
    },
  }
}

function document(
  { buildInfo, ownAddress, search }: ApiOptions,
  routes: readonly ApiRoute[],
  version: DocumentSettings['version'],
): Uint8Array {
  const url = `${ownAddress.externalUrl.text}/api/v1`
  const searchLimit = searchLimitAtFirst(search?.limitMax ?? 0)
  const settings = { version, apiVersion: buildInfo.version, url, searchLimit }
  return new TextEncoder().encode(yamlText(openApiDocument([...routes, ...otherRoutes], settings)))
}
