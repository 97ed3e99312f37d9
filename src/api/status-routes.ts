import type { ApiOptions } from './api-options.ts'

import { selfMetricsRoute } from './metrics-routes.ts'
import { type ApiRoute, data } from './request.ts'
import { rfc3339 } from './rfc3339.ts'

/** Rows A4: what the server is, and how it does. */
export function statusRoutes(options: ApiOptions): readonly ApiRoute[] {
  const get = (path: string, read: () => unknown): ApiRoute => ({
    methods: ['GET'],
    path,
    handle: () => data(read()),
  })
  return [
    get('status/buildinfo', () => options.buildInfo),
    get('status/runtimeinfo', () => runtimeInfo(options)),
    get('status/config', () => ({ yaml: options.configText() })),
    get('status/flags', () => Object.fromEntries(options.flags)),
    get('status/walreplay', () => {
      const { min, max, current } = options.walReplay()
      return { min, max, current }
    }),
    get('notifications', () => options.notificationFeed().now()),
    get('features', () => options.features()),
    selfMetricsRoute(options),
  ]
}

function runtimeInfo(options: ApiOptions): object {
  const info = options.runtimeInfo()
  return {
    startTime: rfc3339(info.startTimeMs),
    CWD: info.workingDirectory,
    hostname: info.hostname,
    serverTime: rfc3339(options.clock.wallMs()),
    reloadConfigSuccess: info.reloadSucceeded,
    lastConfigTime: rfc3339(info.lastReloadMs),
    corruptionCount: info.corruptions,
    goroutineCount: 0,
    GOMAXPROCS: info.processors,
    GOMEMLIMIT: 0,
    GOGC: String(info.gogc),
    GODEBUG: '',
    storageRetention: info.storageRetention,
  }
}
