import { limits } from '../base/limits.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'
import type { SnapshotPort } from '../tsdb/head/head-reader.ts'
import { PreparedSnapshot } from '../tsdb/head/prepared-snapshot.ts'
import { union } from '../tsdb/index/set-operations.ts'
import type { ForecastSnapshot } from './snapshot-forecast.ts'

/**
 * Answers asks for snapshots from the one that is there already, each as a whole, and the others from
 * the owner of the head; keeps in mind what was asked for.
 */
export class ForetoldSnapshot implements SnapshotPort {
  readonly #port: SnapshotPort
  readonly #foretold: ForecastSnapshot | undefined
  readonly #prepared: PreparedSnapshot | undefined
  #asked: Uint32Array[] = []
  #hasMissed = false

  constructor(port: SnapshotPort, foretold: ForecastSnapshot | undefined) {
    this.#port = port
    this.#foretold = foretold
    this.#prepared = foretold && new PreparedSnapshot(foretold.ids, foretold.snapshot)
  }

  async snapshot(ids: Uint32Array, count: number, sinceVersion: number): Promise<HeadSnapshot> {
    const wanted = count === ids.length ? ids : ids.slice(0, count)
    this.#asked.push(wanted)
    const part = this.#prepared?.of(wanted)
    if (part !== undefined) {
      const { words, outOfOrder } = part
      const late = outOfOrder === undefined ? {} : { outOfOrder }
      return { words, ...late, version: sinceVersion, segments: [] }
    }
    this.#hasMissed = true
    return await this.#port.snapshot(ids, count, sinceVersion)
  }

  /** All that was asked for, ascending, where it should be foretold next time; else undefined. */
  reads(): Uint32Array<ArrayBuffer> | undefined {
    const before = this.#foretold?.ids.length ?? 0
    let asked = 0
    for (const ids of this.#asked) asked += ids.length
    if (!this.#hasMissed && before <= 2 * asked) return undefined
    const all = union(this.#asked.map((ids) => ids.slice().sort()))
    return all.length > limits.ruleReadsMax ? new Uint32Array(0) : all.slice()
  }
}
