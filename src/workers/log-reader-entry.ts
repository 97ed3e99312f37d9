import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { batchesAhead, readSegmentsAhead } from '../tsdb/wal/read-ahead.ts'
import { RecordBatch } from '../tsdb/wal/record-batch.ts'
import type { LogReaderOrder } from './log-reader-thread.ts'

// The shell of the thread that reads the log ahead of its replay; it ends with the log.
const port = parentPort
assert(port !== null, 'the log is read ahead in a thread of its own')
const { paths, covered }: LogReaderOrder = workerData
// readSegmentsAhead begins with one of its own, of number 0.
const batches: RecordBatch[] = []
const free = Array.from({ length: batchesAhead - 1 }, (_, index) => new RecordBatch(index + 1))
let waiting: ((batch: RecordBatch) => void) | undefined

port.on('message', (numbers: readonly number[]) => {
  for (const number of numbers) {
    const batch = batches[number]
    assert(batch !== undefined, `batch ${number} came back`)
    free.push(batch)
  }
  if (waiting === undefined) return
  const next = free.pop()
  assert(next !== undefined, 'a batch is free')
  waiting(next)
  waiting = undefined
})

const send = (batch: RecordBatch): Promise<RecordBatch> => {
  batches[batch.number] = batch
  port.postMessage(batch.toMessage())
  const next = free.pop()
  if (next !== undefined) return Promise.resolve(next)
  return new Promise((resolve) => {
    waiting = resolve
  })
}

readSegmentsAhead(nodeFileSystem, paths, send, covered).finally(() => port.close())
