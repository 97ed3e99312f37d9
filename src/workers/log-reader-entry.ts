import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { batchesAhead, readSegmentsAhead } from '../tsdb/wal/read-ahead.ts'
import { RecordBatch, type RecordBatchMessage } from '../tsdb/wal/record-batch.ts'

// The shell of the thread that reads the log ahead of its replay; it ends with the log.
const port = parentPort
assert(port !== null, 'the log is read ahead in a thread of its own')
const paths: readonly string[] = workerData
const free = Array.from({ length: batchesAhead - 1 }, () => new RecordBatch())
let waiting: ((batch: RecordBatch) => void) | undefined

port.on('message', (message: RecordBatchMessage) => {
  const batch = new RecordBatch(message)
  if (waiting === undefined) free.push(batch)
  else waiting(batch)
  waiting = undefined
})

const send = (batch: RecordBatch): Promise<RecordBatch> => {
  const { message, transfer } = batch.toMessage()
  port.postMessage(message, transfer)
  const next = free.pop()
  if (next !== undefined) return Promise.resolve(next)
  return new Promise((resolve) => {
    waiting = resolve
  })
}

readSegmentsAhead(nodeFileSystem, paths, send).finally(() => port.close())
