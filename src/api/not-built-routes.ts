import { ApiError } from './error-reply.ts'
import type { ApiRoute } from './request.ts'

/** Paths of Prometheus that this version does not serve: they say so instead of "not found". */
const notBuilt: readonly (readonly [path: string, methods: ApiRoute['methods']])[] = [
  ['openapi.yaml', ['GET']],
]

export function notBuiltRoutes(): readonly ApiRoute[] {
  return notBuilt.map(([path, methods]) => ({
    methods,
    path,
    handle: () => {
      throw new ApiError('not_found', `/api/v1/${path} is not built yet`)
    },
  }))
}
