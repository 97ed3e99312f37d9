import type { RemoteReadBounds } from '../api/read-route.ts'
import { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Flags } from './flags.ts'

/** The limits of --storage.remote.read-*, with the number of requests at hand as a metric. */
export function remoteReadBounds(flags: Flags, metrics: MetricsRegistry): RemoteReadBounds {
  const widthMax = Math.max(1, flags.number('storage.remote.read-concurrent-limit'))
  const gate = new Gate({ widthMax, waitingMax: limits.remoteReadWaitingMax })
  metrics.observed(
    'prometheus_remote_read_handler_queries',
    'gauge',
    'The current number of remote read queries that are either in execution or queued on the handler.',
    () => gate.count,
  )
  return {
    samplesMax: flags.number('storage.remote.read-sample-limit'),
    gate,
    frameBytesMax: flags.number('storage.remote.read-max-bytes-in-frame'),
  }
}
