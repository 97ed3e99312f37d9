import { type NodeWorker, Session } from 'node:inspector'
import type { Clock } from './clock.ts'
import { messageOf } from './errors.ts'
import { limits } from './limits.ts'
import { cpuStacks, heapStacks, nameless } from './profile-stacks.ts'
import type { Profiler, ProfileStack } from './profiler.ts'

const mainName = 'main'

/** One thread of the process and V8's inspector in it. */
interface InspectedThread {
  readonly name: string
  /** Rejects where the thread ended, or does not answer. */
  ask(method: string, params?: object): Promise<object>
}

/**
 * Asks V8's inspector in this thread and, through it, in every worker, without their help: a thread
 * that computes is interrupted for it. Nothing is open, and nothing costs, while nobody asks.
 */
export class NodeProfiler implements Profiler {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  cpu(durationMs: number, signal: AbortSignal): Promise<readonly ProfileStack[]> {
    return this.#during(durationMs, signal, {
      async begin(thread) {
        await thread.ask('Profiler.enable')
        await thread.ask('Profiler.setSamplingInterval', {
          interval: limits.profileIntervalMs * 1_000,
        })
        await thread.ask('Profiler.start')
      },
      async end(thread) {
        const answer = await thread.ask('Profiler.stop')
        await thread.ask('Profiler.disable')
        return cpuStacks(thread.name, Reflect.get(answer, 'profile'))
      },
    })
  }

  async heap(durationMs: number, signal: AbortSignal): Promise<readonly ProfileStack[]> {
    const stacks = await this.#during(durationMs, signal, {
      begin: (thread) => beginSampling(thread, false),
      async end(thread) {
        const usage = await thread.ask('Runtime.getHeapUsage')
        const sampled = await endSampling(thread)
        const usedBytes = Number(Reflect.get(usage, 'usedSize'))
        const sampledBytes = sampled.reduce((sum, { values: [bytes = 0] }) => sum + bytes, 0)
        return [...sampled, rest(thread.name, '(allocated before)', usedBytes - sampledBytes)]
      },
    })
    const usedBytes = stacks.reduce((sum, { values: [bytes = 0] }) => sum + bytes, 0)
    const outsideBytes = process.memoryUsage.rss() - usedBytes
    const outside = rest('process', '(buffers, shared memory, code, room in heaps)', outsideBytes)
    return [...stacks, outside].filter(({ values: [bytes = 0] }) => bytes > 0)
  }

  allocations(durationMs: number, signal: AbortSignal): Promise<readonly ProfileStack[]> {
    return this.#during(durationMs, signal, {
      begin: (thread) => beginSampling(thread, true),
      end: endSampling,
    })
  }

  async threads(): Promise<readonly ProfileStack[]> {
    const waits = new Map<string, number>()
    for (const kind of process.getActiveResourcesInfo()) {
      waits.set(kind, (waits.get(kind) ?? 0) + 1)
    }
    const main = nameless(mainName)
    const stacks: ProfileStack[] = [{ thread: mainName, frames: [main], values: [1] }]
    for (const [kind, count] of [...waits].sort()) {
      stacks.push({ thread: mainName, frames: [nameless(kind), main], values: [count] })
    }
    const workers = await this.#during(0, new AbortController().signal, {
      begin: () => Promise.resolve(),
      end: async ({ name }) =>
        name === mainName ? [] : [{ thread: name, frames: [nameless(name)], values: [1] }],
    })
    return [...stacks, ...workers]
  }

  /** Begins in all threads, in those that start meanwhile, too, and ends in all that are still there. */
  async #during(
    durationMs: number,
    signal: AbortSignal,
    work: {
      begin(thread: InspectedThread): Promise<void>
      end(thread: InspectedThread): Promise<readonly ProfileStack[]>
    },
  ): Promise<readonly ProfileStack[]> {
    const running = new Map<InspectedThread, Promise<boolean>>()
    const threads = new InspectedThreads(this.#clock, (thread) => {
      const begun = work.begin(thread)
      // A thread that ends meanwhile, or does not answer, is left out.
      running.set(thread, begun.then(yes, no))
    })
    try {
      await threads.open()
      await this.#pause(durationMs, signal)
      const ended = [...running].map(async ([thread, begun]) => {
        if (!(await begun)) return []
        return work.end(thread).catch(() => [])
      })
      return (await Promise.all(ended)).flat()
    } finally {
      threads.close()
    }
  }

  #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || durationMs === 0) return resolve()
      const timer = this.#clock.after(durationMs, resolve)
      const abort = () => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}

const yes = () => true
const no = () => false

function beginSampling(thread: InspectedThread, keepsCollected: boolean): Promise<void> {
  const params = {
    samplingInterval: limits.heapSampleBytes,
    includeObjectsCollectedByMajorGC: keepsCollected,
    includeObjectsCollectedByMinorGC: keepsCollected,
  }
  return thread.ask('HeapProfiler.startSampling', params).then(() => undefined)
}

async function endSampling(thread: InspectedThread): Promise<readonly ProfileStack[]> {
  const answer = await thread.ask('HeapProfiler.stopSampling')
  return heapStacks(thread.name, Reflect.get(answer, 'profile'))
}

function rest(thread: string, name: string, bytes: number): ProfileStack {
  return { thread, frames: [nameless(name)], values: [Math.max(0, bytes)] }
}

/** A session with this thread and with each of its workers; close it. */
class InspectedThreads {
  readonly #clock: Clock
  readonly #session = new Session()
  readonly #workers = new Map<string, InspectedWorker>()
  readonly #found: (thread: InspectedThread) => void

  constructor(clock: Clock, found: (thread: InspectedThread) => void) {
    this.#clock = clock
    this.#found = found
  }

  /** Tells this thread and all workers, and workers that start until `close`. */
  async open(): Promise<void> {
    this.#session.connect()
    const ask = (method: string, params?: object) => this.#ask(method, params)
    this.#found({ name: mainName, ask })
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) => this.#attach(params))
    this.#session.on('NodeWorker.detachedFromWorker', ({ params: { sessionId } }) => {
      this.#workers.get(sessionId)?.end()
      this.#workers.delete(sessionId)
    })
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      this.#workers.get(params.sessionId)?.receive(params.message)
    })
    await this.#ask('NodeWorker.enable', { waitForDebuggerOnStart: false })
  }

  close(): void {
    for (const worker of this.#workers.values()) worker.end()
    this.#session.disconnect()
  }

  #attach({ sessionId, workerInfo }: NodeWorker.AttachedToWorkerEventDataType): void {
    const send = (message: string) => {
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message })
    }
    // `[worker 3] query`: the number tells workers of one kind apart.
    const name = workerInfo.title.replace(/^\[worker (\d+)\] (.+)$/, '$2 $1')
    const worker = new InspectedWorker(name, this.#clock, send)
    this.#workers.set(sessionId, worker)
    this.#found(worker)
  }

  #ask(method: string, params: object = {}): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error: Error | null, answer: object = {}) => {
        if (error === null) resolve(answer)
        else reject(new Error(`${method}: ${messageOf(error)}`))
      })
    })
  }
}

interface Asked {
  readonly resolve: (answer: object) => void
  readonly reject: (reason: Error) => void
}

/** The inspector of a worker, by JSON messages of Chrome's protocol. */
class InspectedWorker implements InspectedThread {
  readonly name: string
  readonly #clock: Clock
  readonly #send: (message: string) => void
  readonly #asked = new Map<number, Asked>()
  #nextId = 1
  #isEnded = false

  constructor(name: string, clock: Clock, send: (message: string) => void) {
    this.name = name
    this.#clock = clock
    this.#send = send
  }

  ask(method: string, params: object = {}): Promise<object> {
    return new Promise((resolve, reject) => {
      const end = (reason: string) => reject(new Error(`${this.name}: ${reason}`))
      if (this.#isEnded) return end('ended')
      const id = this.#nextId++
      const late = this.#clock.after(limits.profileAnswerMs, () => {
        this.#asked.delete(id)
        end(`no answer to ${method}`)
      })
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          late.cancel()
          this.#asked.delete(id)
          settle(value)
        }
      this.#asked.set(id, { resolve: settled(resolve), reject: settled(reject) })
      this.#send(JSON.stringify({ id, method, params }))
    })
  }

  receive(message: string): void {
    const answer: { readonly id?: number; readonly result?: object; readonly error?: object } =
      JSON.parse(message)
    const asked = this.#asked.get(answer.id ?? 0)
    if (answer.error === undefined) asked?.resolve(answer.result ?? {})
    else asked?.reject(new Error(`${this.name}: ${JSON.stringify(answer.error)}`))
  }

  end(): void {
    this.#isEnded = true
    for (const asked of [...this.#asked.values()]) asked.reject(new Error(`${this.name}: ended`))
  }
}
