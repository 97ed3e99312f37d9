import { Worker } from 'node:worker_threads'
import { NarthexError } from '../base/errors.ts'

export interface PasswordQuestion {
  readonly password: string
  /** Of bcrypt. */
  readonly hash: string
}

interface Asked {
  readonly resolve: (isRight: boolean) => void
  readonly reject: (reason: unknown) => void
}

/** Compares passwords in a thread that is started when the first one comes; one at a time. */
export class PasswordThread {
  readonly #source: () => string
  #worker: Worker | undefined
  #asked: Asked | undefined

  /** `source` answers the thread's code, one CommonJS text. */
  constructor(source: () => string) {
    this.#source = source
  }

  /** Protocol: not called again before it has answered. Rejects where the thread dies. */
  compare(password: string, hash: string): Promise<boolean> {
    const worker = this.#worker ?? this.#start()
    const question: PasswordQuestion = { password, hash }
    return new Promise<boolean>((resolve, reject) => {
      this.#asked = { resolve, reject }
      worker.postMessage(question)
    })
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(this.#source(), { eval: true, name: 'password' })
    const ended = () => {
      this.#worker = undefined
      const words = 'the thread that compares passwords has ended'
      this.#asked?.reject(new NarthexError('CLOSED', words))
      this.#asked = undefined
    }
    worker.on('error', ended)
    worker.on('exit', ended)
    worker.on('message', (isRight: boolean) => {
      this.#asked?.resolve(isRight)
      this.#asked = undefined
    })
    // It never keeps the process from ending.
    worker.unref()
    this.#worker = worker
    return worker
  }
}
