import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { giveWayToOtherThreads } from '../base/thread-priority.ts'
import type { WorkerStart } from './protocol.ts'
import { QueryHost } from './query-host.ts'

// The shell of a query worker. A rejection here is a broken assertion: it ends this worker, the
// pool answers its queries with an error and starts another.
const port = parentPort
assert(port !== null, 'the query worker runs in a thread of its own')
const start: WorkerStart = workerData
// Scrapes and requests have their time, however many processors queries would take.
giveWayToOtherThreads(limits.queryWorkerNiceness)
const host = new QueryHost({
  clock: systemClock,
  fileSystem: nodeFileSystem,
  start,
  channel: { send: (message, transfer) => port.postMessage(message, transfer) },
})
const fail = (thrown: unknown) => {
  setImmediate(() => {
    throw thrown
  })
}
port.on('message', (message) => {
  host.receive(message).catch(fail)
})
host.rehearseSoon(systemClock, fail)
