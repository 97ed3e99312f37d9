import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { giveWayToOtherThreads } from '../base/thread-priority.ts'
import { ConsoleHost, type ConsoleStart, type ToConsoles } from './console-host.ts'

// The shell of the thread of consoles. A rejection here is a fault of ours: it ends the thread, whose
// pages fail, and the next page starts another.
const port = parentPort
assert(port !== null, 'consoles are made in a thread of their own')
const start: ConsoleStart = workerData
giveWayToOtherThreads(limits.queryWorkerNiceness)
const host = new ConsoleHost({
  start,
  fileSystem: nodeFileSystem,
  clock: systemClock,
  send: (message, transfer) => port.postMessage(message, transfer),
})
port.on('message', (message: ToConsoles) => {
  host.receive(message).catch((thrown: unknown) => {
    setImmediate(() => {
      throw thrown
    })
  })
})
