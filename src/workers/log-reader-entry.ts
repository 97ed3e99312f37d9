import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { AssertionError, assert } from '../base/assert.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { type ScannedChunkFiles, scanChunkFiles } from '../tsdb/head/scanned-chunk-files.ts'
import type { CoveredSpans } from '../tsdb/wal/covered-spans.ts'
import { batchesAhead, type ReadOrder, readSegmentsAhead } from '../tsdb/wal/read-ahead.ts'
import { RecordBatch } from '../tsdb/wal/record-batch.ts'
import type { LogReaderAnswer, LogReaderMessage } from './log-reader-worker.ts'

// The shell of a thread that reads the log ahead of its replay; it ends with the log.
const port = parentPort
assert(port !== null, 'the log is read ahead in a thread of its own')
// readSegmentsAhead begins with one of its own, of number 0.
const batches: RecordBatch[] = []
let free: RecordBatch[] = []
let waiting: ((batch: RecordBatch) => void) | undefined

let covered: CoveredSpans | undefined

function hear(message: LogReaderMessage): void {
  if ('chunkFiles' in message) scan(message.chunkFiles)
  else if ('order' in message) read(message.order)
  else if ('covered' in message) covered = message.covered
  else takeBack(message.free)
}

port.on('message', hear)

/** What goes wrong here goes wrong for who reads the files next, and is told there. */
function scan(directory: string): void {
  let scanned: ScannedChunkFiles | undefined
  try {
    scanned = scanChunkFiles({ fileSystem: nodeFileSystem, directory })
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
  }
  const { refs, times, words, order } = scanned?.columns ?? {}
  const moved = [refs, times, words, order].flatMap((column) => column?.buffer ?? [])
  answer({ scanned }, moved)
}

function answer(message: LogReaderAnswer, moved: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, moved)
}

/** It may have come while this thread was busy. */
function nowCovered(): CoveredSpans | undefined {
  while (port !== null && covered === undefined) {
    const waiting: { readonly message: LogReaderMessage } | undefined = receiveMessageOnPort(port)
    if (waiting === undefined) break
    hear(waiting.message)
  }
  return covered
}

function read(order: ReadOrder): void {
  const share = Math.floor(batchesAhead / order.readers)
  free = Array.from({ length: share - 1 }, (_, index) => new RecordBatch(index + 1))
  readSegmentsAhead(nodeFileSystem, order, send, nowCovered).finally(() => port?.close())
}

function takeBack(numbers: readonly number[]): void {
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
}

function send(batch: RecordBatch): Promise<RecordBatch> {
  batches[batch.number] = batch
  answer({ batch: batch.toMessage() })
  const next = free.pop()
  if (next !== undefined) return Promise.resolve(next)
  return new Promise((resolve) => {
    waiting = resolve
  })
}
