import { type ChildProcess, spawn } from 'node:child_process'
import { waitUntil } from './wait-until.ts'

/** A real process that serves HTTP, with all that it said kept for the message of a failing test. */
export class RealProcess {
  readonly #child: ChildProcess
  #said = ''
  readonly ended: Promise<number | null>

  constructor(
    program: string,
    parameters: readonly string[],
    readonly url: string,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.#child = spawn(program, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (piece: Buffer) => {
        this.#said = (this.#said + piece.toString()).slice(-20_000)
      })
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code) => resolve(code))
      this.#child.once('error', (thrown) => {
        this.#said += thrown.message
        resolve(null)
      })
    })
  }

  get said(): string {
    return this.#said
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until the path answers 200. */
  async ready(path: string): Promise<void> {
    let exited = false
    void this.ended.then(() => {
      exited = true
    })
    await waitUntil(`${this.url}${path} answers`, async () => {
      if (exited) throw new Error(`it ended: ${this.#said}`)
      return (await statusOf(`${this.url}${path}`)) === 200 ? true : undefined
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Sends a signal and waits for the end; answers the exit code (null when the signal ended it). */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal)
    return this.ended
  }
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.status
  } catch (thrown) {
    // fetch has one error type for everything that is no answer; nothing listens yet.
    if (thrown instanceof TypeError) return undefined
    throw thrown
  }
}
