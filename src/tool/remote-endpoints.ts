import type { RemoteReadBounds } from '../api/read-route.ts'
import { NarthexError } from '../base/errors.ts'
import { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import { type WriteMessage, writeMessages } from '../remote/write-headers.ts'
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

const acceptedFlag = 'web.remote-write-receiver.accepted-protobuf-messages'

/**
 * The messages that the remote-write receiver takes; both where the flag is not given. Throws
 * FLAG_INVALID for one that there is not, and for one that is given twice.
 */
export function acceptedMessages(flags: Flags): readonly WriteMessage[] {
  const accepted: WriteMessage[] = []
  for (const name of flags.list(acceptedFlag).flatMap((value) => value.split(','))) {
    const message = writeMessages.find((one) => one === name)
    if (message === undefined) {
      const words = `unknown remote write protobuf message ${name}, supported: ${writeMessages.join(', ')}`
      throw new NarthexError('FLAG_INVALID', `--${acceptedFlag}: ${words}`)
    }
    if (accepted.includes(message)) {
      throw new NarthexError('FLAG_INVALID', `--${acceptedFlag}: ${message} is given twice`)
    }
    accepted.push(message)
  }
  return accepted
}
