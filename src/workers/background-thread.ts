import { Worker } from 'node:worker_threads'
import { messageOf, NarthexError } from '../base/errors.ts'
import type {
  BackgroundJob,
  BackgroundRunner,
  BlockWrite,
  JobResult,
} from '../tsdb/background-jobs.ts'
import type { BackgroundStart, FromBackground, ToBackground } from './background-protocol.ts'
import type { SharedDatabase } from './pool-worker.ts'

/**
 * Runs each job in a worker of its own, which ends with it and so gives all of its memory back. A
 * worker that dies costs its job only.
 */
export class BackgroundThread implements BackgroundRunner {
  readonly #source: string
  readonly #database: () => SharedDatabase
  readonly #isUncached: () => boolean
  #worker: Worker | undefined

  /** `source` is the worker's code, one CommonJS text; for `isUncached` see BackgroundStart. */
  constructor(
    source: string,
    database: () => SharedDatabase,
    isUncached: () => boolean = () => false,
  ) {
    this.#source = source
    this.#database = database
    this.#isUncached = isUncached
  }

  run(job: BackgroundJob, onWrite: (write: BlockWrite) => void): Promise<JobResult> {
    const database = this.#database()
    const unpin = database.pin()
    const update = database.updateSince(0)
    const isUncached = this.#isUncached()
    const start: BackgroundStart = { dataDirectory: database.directory, job, update, isUncached }
    const worker = new Worker(this.#source, {
      eval: true,
      name: 'background',
      workerData: start,
    })
    this.#worker = worker
    const send = (message: ToBackground) => worker.postMessage(message)
    return new Promise<JobResult>((resolve, reject) => {
      worker.on('message', (message: FromBackground) => {
        if (message.kind === 'done') resolve(message.result)
        else if (message.kind === 'wrote') onWrite(message.write)
        else if (message.kind === 'failed') reject(failed(job, message.message))
        else {
          const { ask, ids, sinceVersion } = message
          const snapshot = database.snapshot(ids, ids.length, sinceVersion)
          send({ kind: 'snapshot', ask, snapshot })
        }
      })
      worker.on('error', (thrown) => reject(failed(job, messageOf(thrown))))
      worker.on('exit', (code) => reject(failed(job, `its worker ended with ${code}`)))
    }).finally(() => {
      this.#worker = undefined
      unpin()
    })
  }

  /** Ends a job under way: what it was writing is found and removed at the next start. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
  }
}

function failed(job: BackgroundJob, reason: string): NarthexError {
  return new NarthexError('BACKGROUND_JOB', `${job.kind} failed: ${reason}`)
}
