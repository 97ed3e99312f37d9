import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { uncachedFileSystem } from '../base/node-uncached-files.ts'
import { isNewChunkFile } from '../tsdb/block/block-files.ts'
import { BackgroundHost } from './background-host.ts'
import type { BackgroundStart, ToBackground } from './background-protocol.ts'

// The shell of the background worker: one job, then its end.
const port = parentPort
assert(port !== null, 'the background worker runs in a thread of its own')
const start: BackgroundStart = workerData
const host = new BackgroundHost({
  clock: systemClock,
  fileSystem: start.isUncached ? uncachedFileSystem(isNewChunkFile) : nodeFileSystem,
  start,
  send: (message) => port.postMessage(message),
})
port.on('message', (message: ToBackground) => host.asks.answer(message))
host.run().finally(() => port.close())
