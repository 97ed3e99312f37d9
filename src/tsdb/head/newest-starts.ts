const segmentShift = 14
const seriesPerSegment = 1 << segmentShift

/**
 * By series, the start timestamp of its newest float sample, 0 for none: what an open XOR2 chunk goes
 * on from. Memory of the writer's own, taken only where series have starts.
 */
export class NewestStarts {
  readonly #segments: (Float64Array | undefined)[] = []

  get(series: number): number {
    return this.#segments[series >>> segmentShift]?.[series & (seriesPerSegment - 1)] ?? 0
  }

  set(series: number, startMs: number): void {
    const index = series >>> segmentShift
    let segment = this.#segments[index]
    if (segment === undefined) {
      if (startMs === 0) return
      while (this.#segments.length <= index) this.#segments.push(undefined)
      segment = new Float64Array(seriesPerSegment)
      this.#segments[index] = segment
    }
    segment[series & (seriesPerSegment - 1)] = startMs
  }
}
