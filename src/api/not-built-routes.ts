import { ApiError } from './error-reply.ts'
import type { ApiRoute } from './request.ts'

const reading = ['GET', 'POST'] as const

/** Paths of Prometheus that this version does not serve: they say so instead of "not found". */
const notBuilt: readonly (readonly [path: string, methods: ApiRoute['methods']])[] = [
  ['openapi.yaml', ['GET']],
]

/** Switched off in Prometheus too, unless a flag is given that this version refuses. */
const switchedOff: readonly (readonly [path: string, methods: ApiRoute['methods'], why: string])[] =
  [
    ['search/metric_names', reading, 'search API disabled'],
    ['search/label_names', reading, 'search API disabled'],
    ['search/label_values', reading, 'search API disabled'],
  ]

export function notBuiltRoutes(): readonly ApiRoute[] {
  return [
    ...notBuilt.map(([path, methods]) =>
      refusing(path, methods, new ApiError('not_found', `/api/v1/${path} is not built yet`)),
    ),
    ...switchedOff.map(([path, methods, why]) =>
      refusing(path, methods, new ApiError('disabled', why)),
    ),
  ]
}

function refusing(path: string, methods: ApiRoute['methods'], error: ApiError): ApiRoute {
  return {
    methods,
    path,
    handle: () => {
      throw error
    },
  }
}
