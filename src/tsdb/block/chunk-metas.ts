/** The chunks of one series as the index knows them, in columns that are used again. */
export class ChunkMetas {
  count = 0
  /** Segment * 2^32 + offset. */
  refs: Float64Array = new Float64Array(64)
  minTimeMs: Float64Array = new Float64Array(64)
  maxTimeMs: Float64Array = new Float64Array(64)

  /** Over columns that are there already. */
  static of(refs: Float64Array, minTimeMs: Float64Array, maxTimeMs: Float64Array): ChunkMetas {
    const metas = new ChunkMetas()
    metas.count = refs.length
    metas.refs = refs
    metas.minTimeMs = minTimeMs
    metas.maxTimeMs = maxTimeMs
    return metas
  }

  /** Both times are included. */
  push(ref: number, minTimeMs: number, maxTimeMs: number): void {
    const chunk = this.count
    if (chunk === this.refs.length) this.#grow()
    this.refs[chunk] = ref
    this.minTimeMs[chunk] = minTimeMs
    this.maxTimeMs[chunk] = maxTimeMs
    this.count++
  }

  #grow(): void {
    const { refs, minTimeMs, maxTimeMs } = this
    const size = this.count * 2
    this.refs = new Float64Array(size)
    this.refs.set(refs)
    this.minTimeMs = new Float64Array(size)
    this.minTimeMs.set(minTimeMs)
    this.maxTimeMs = new Float64Array(size)
    this.maxTimeMs.set(maxTimeMs)
  }
}
