import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { WorkerStart } from './protocol.ts'
import { QueryHost } from './query-host.ts'

// The shell of a query worker. A rejection here is a broken assertion: it ends this worker, the
// pool answers its queries with an error and starts another.
const port = parentPort
assert(port !== null, 'the query worker runs in a thread of its own')
const start: WorkerStart = workerData
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
