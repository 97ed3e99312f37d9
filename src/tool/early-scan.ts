import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { limits } from '../base/limits.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { headChunksFolder } from '../tsdb/head/chunk-file-list.ts'
import type { ScannedChunkFiles } from '../tsdb/head/scanned-chunk-files.ts'
import {
  type LogReaderAnswer,
  type LogReaderMessage,
  logReaderWorker,
} from '../workers/log-reader-worker.ts'

/** A thread that scans the head chunk files of a data directory, and may read a log behind that. */
export interface EarlyScan {
  /** As it was named. */
  readonly dataDirectory: string
  readonly worker: Worker
  /** Undefined where the thread died, or has found anything that is not as it should be. */
  readonly scanned: Promise<ScannedChunkFiles | undefined>
}

/** Where who launches the server, which is another bundle, leaves it. */
const place = Symbol.for('narthex.early-scan')
const pathFlag = '--storage.tsdb.path'
const pathDefault = 'data/'

/**
 * Has the head chunk files scanned while the server's code is still being loaded, where there is much of
 * them. The command line has not been read by then: whoever takes the scan has read it.
 */
export function beginEarlyScan(args: readonly string[], source: () => string): void {
  const isTool = args[0] !== undefined && !args[0].startsWith('-')
  const dataDirectory = pathAmong(args)
  if (isTool || bytesIn(join(dataDirectory, headChunksFolder)) < limits.earlyScanBytesMin) return
  const worker = logReaderWorker(source())
  // A command line that serves nothing ends without it.
  worker.unref()
  const scanned = new Promise<ScannedChunkFiles | undefined>((resolve) => {
    worker.on('message', (answer: LogReaderAnswer) => {
      if ('scanned' in answer) resolve(answer.scanned)
    })
    for (const end of ['error', 'exit']) worker.on(end, () => resolve(undefined))
  })
  const message: LogReaderMessage = { chunkFiles: join(dataDirectory, headChunksFolder) }
  worker.postMessage(message)
  const early: EarlyScan = { dataDirectory, worker, scanned }
  Reflect.set(globalThis, place, early)
}

/** What was begun for this data directory, once; what was begun for another one ends. */
export function takeEarlyScan(dataDirectory: string): EarlyScan | undefined {
  const early: unknown = Reflect.get(globalThis, place)
  Reflect.deleteProperty(globalThis, place)
  if (!isEarlyScan(early)) return undefined
  if (early.dataDirectory === dataDirectory) return early
  void early.worker.terminate()
  return undefined
}

function isEarlyScan(early: unknown): early is EarlyScan {
  return typeof early === 'object' && early !== null && 'scanned' in early
}

/** The last one counts, in both forms. */
function pathAmong(args: readonly string[]): string {
  let path = pathDefault
  for (const [at, arg] of args.entries()) {
    if (arg.startsWith(`${pathFlag}=`)) path = arg.slice(pathFlag.length + 1)
    else if (arg === pathFlag) path = args[at + 1] ?? pathDefault
  }
  return path
}

function bytesIn(directory: string): number {
  try {
    return nodeFileSystem
      .list(directory)
      .map((name) => nodeFileSystem.stat(join(directory, name))?.sizeBytes ?? 0)
      .reduce((sum, size) => sum + size, 0)
  } catch {
    // Not there, or not to be read: who needs it tells.
    return 0
  }
}
