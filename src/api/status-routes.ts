import type { ApiOptions } from './api-options.ts'
import { badParameter } from './error-reply.ts'
import { selfMetricsRoute } from './metrics-routes.ts'
import type { Parameters } from './parameters.ts'
import { type ApiRoute, data } from './request.ts'
import { rfc3339 } from './rfc3339.ts'

/** Rows A4 and A5, as far as there is something to tell: status, and the lists that are empty without rules. */
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
      const { min, max, current, state } = options.walReplay()
      return { min, max, current, state }
    }),
    get('notifications', () => options.notificationFeed().now()),
    get('features', () => options.features()),
    selfMetricsRoute(options),
    // No rules and no Alertmanagers can be configured yet, so that these lists are true.
    { methods: ['GET'], path: 'rules', handle: ({ parameters }) => data(rules(parameters)) },
    get('alerts', () => ({ alerts: [] })),
    get('alertmanagers', () => ({ activeAlertmanagers: [], droppedAlertmanagers: [] })),
  ]
}

function rules(parameters: Parameters): object {
  const type = parameters.text('type').toLowerCase()
  if (!['', 'alert', 'record'].includes(type)) {
    throw badParameter('type', `not supported value ${JSON.stringify(type)}`)
  }
  return { groups: [] }
}

function runtimeInfo(options: ApiOptions): object {
  const info = options.runtimeInfo()
  const head = options.head()
  return {
    startTime: rfc3339(info.startTimeMs),
    CWD: info.workingDirectory,
    hostname: info.hostname,
    serverTime: rfc3339(options.clock.wallMs()),
    reloadConfigSuccess: info.reloadSucceeded,
    lastConfigTime: rfc3339(info.lastReloadMs),
    timeSeriesCount: head.series,
    corruptionCount: info.corruptions,
    goroutineCount: 0,
    GOMAXPROCS: info.processors,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: info.storageRetention,
  }
}
