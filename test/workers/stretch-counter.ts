import { Session } from 'node:inspector'
import { Looks } from '../../src/base/looks.ts'
import type { QueryControl } from '../../src/storage/query-runner.ts'
import type { BundledCode } from './bundled-code.ts'

/** By block of code, as `from to` in the script: how often it ran between two looks at most. */
export type Stretches = ReadonlyMap<string, number>

/**
 * A query's control that counts, with what V8 counts of every block, how often the code of a bundle
 * runs between two looks. So what does not look is found wherever it stands, and on any machine.
 */
export class StretchCounter {
  readonly control: QueryControl = {
    checkpoint: () => {
      this.#look()
      return undefined
    },
    looks: new Looks(
      () => this.#look(),
      () => {
        this.#look()
        return undefined
      },
    ),
  }
  readonly #session = new Session()
  readonly #path: string
  readonly #code: BundledCode
  #longest = new Map<string, number>()

  constructor(path: string, code: BundledCode) {
    this.#path = path
    this.#code = code
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** What runs in here is not the query's work. */
  apart<T>(work: () => T): T {
    this.#look()
    const result = work()
    this.#count(() => undefined)
    return result
  }

  /** Those since the last call. */
  take(): Stretches {
    this.#look()
    const found = this.#longest
    this.#longest = new Map()
    return found
  }

  #look(): void {
    const longest = this.#longest
    this.#count((block, times) => {
      if (times > (longest.get(block) ?? 0)) longest.set(block, times)
    })
  }

  /** What ran since the last time; answered at once, since the thread is this one. */
  #count(found: (block: string, times: number) => void): void {
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      const script = result.find(({ url }) => url.endsWith(this.#path))
      for (const { ranges } of script?.functions ?? []) {
        if (!this.#code.fileAt(ranges[0]?.startOffset ?? 0).startsWith('src/')) continue
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) found(`${startOffset} ${endOffset}`, count)
        }
      }
    })
  }
}
