import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Logger } from '../../base/logger.ts'
import { turnsOf } from '../../base/turns.ts'
import type { JsonReader } from '../json-reader.ts'
import { GoneError, type KubernetesApi } from './kubernetes-api.ts'
import { type KubernetesObject, objectKey } from './objects.ts'

export type ObjectEvent = 'add' | 'update' | 'delete'

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly api: KubernetesApi
  readonly clock: Clock
  readonly logger: Logger
  /** Of the API, with selectors as its query where there are any. */
  readonly path: string
  readonly selectors: URLSearchParams
  readonly read: (object: JsonReader) => T
  /** Something that matters changed; many calls may come in one turn. */
  readonly changed: (event: ObjectEvent, key: string) => void
  /** After the first whole list, and after each batch of changes. */
  readonly settled: () => void
  /** Of a list or watch. */
  readonly failed: () => void
}

/**
 * Keeps a copy of the objects of one kind: lists them page by page, then watches from the version of
 * the list on. A watch that breaks goes on where it was; when the API has forgotten that version
 * (410 Gone) everything is listed again and compared. Failures wait ever longer, and what was known
 * stays. Protocol: run() once; it ends when the signal says so.
 */
export class Reflector<T extends KubernetesObject> {
  readonly objects = new Map<string, T>()
  isSynced = false
  readonly #options: ReflectorOptions<T>
  /** Undefined while there is nothing to watch from. */
  #version: string | undefined
  #delayMs: number = limits.kubernetesRetryMsMin

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list(signal)
        const isProductive = await this.#watch(this.#version, signal)
        if (!isProductive) await this.#pause(signal)
      } catch (thrown) {
        if (signal.aborted) return
        if (thrown instanceof GoneError) this.#version = undefined
        this.#options.failed()
        const { logger, path } = this.#options
        logger.warn('Kubernetes list or watch failed', { path, err: messageOf(thrown) })
        await this.#pause(signal)
      }
    }
  }

  /** Answers the version of the list. */
  async #list(signal: AbortSignal): Promise<string> {
    const turn = turnsOf(this.#options.clock)
    const listed = new Set<string>()
    let next = ''
    for (;;) {
      const query = new URLSearchParams(this.#options.selectors)
      query.set('limit', String(limits.kubernetesPageItems))
      if (next !== '') query.set('continue', next)
      const page = await this.#options.api.list(`${this.#options.path}?${query}`, signal)
      for (const item of page.objects('items')) {
        listed.add(this.#put(item))
        await turn()
      }
      next = page.object('metadata').text('continue')
      if (next === '') {
        for (const key of [...this.objects.keys()]) if (!listed.has(key)) this.#remove(key)
        this.isSynced = true
        this.#delayMs = limits.kubernetesRetryMsMin
        this.#options.settled()
        return page.object('metadata').text('resourceVersion')
      }
    }
  }

  /** Until the server ends it; answers whether there was any event, or it lasted. */
  async #watch(from: string, signal: AbortSignal): Promise<boolean> {
    const { api, clock, selectors, path } = this.#options
    const query = new URLSearchParams(selectors)
    query.set('watch', 'true')
    query.set('allowWatchBookmarks', 'true')
    query.set('resourceVersion', from)
    // Not all watches of a cluster's clients end at the same time.
    const seconds = limits.kubernetesWatchSeconds * (1 + Math.random())
    query.set('timeoutSeconds', String(Math.floor(seconds)))
    const startMs = clock.monotonicMs()
    let isAny = false
    for await (const { type, object } of api.watch(`${path}?${query}`, signal)) {
      isAny = true
      this.#delayMs = limits.kubernetesRetryMsMin
      this.#version = object.object('metadata').text('resourceVersion')
      if (type === 'BOOKMARK') continue
      if (type === 'DELETED') {
        const meta = object.object('metadata')
        this.#remove(objectKey(meta.text('namespace'), meta.text('name')))
      } else this.#put(object)
      this.#options.settled()
    }
    return isAny || clock.monotonicMs() - startMs >= limits.kubernetesRetryMsMin
  }

  #put(item: JsonReader): string {
    const object = this.#options.read(item)
    const key = objectKey(object.namespace, object.name)
    const before = this.objects.get(key)
    this.objects.set(key, object)
    if (before === undefined) this.#options.changed('add', key)
    else if (JSON.stringify(before) !== JSON.stringify(object)) this.#options.changed('update', key)
    return key
  }

  #remove(key: string): void {
    if (this.objects.delete(key)) this.#options.changed('delete', key)
  }

  /** Twice as long each time, and not for all clients of a cluster at once. */
  async #pause(signal: AbortSignal): Promise<void> {
    const delayMs = this.#delayMs * (1 + Math.random())
    this.#delayMs = Math.min(this.#delayMs * 2, limits.kubernetesRetryMsMax)
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(delayMs, resolve)
      const abort = () => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}
