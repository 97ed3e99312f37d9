import { assert } from '../../base/assert.ts'
import type { StatePlace } from '../chunk/state-place.ts'

/** Places are counted in these. */
const unitDoubles = 8
const segmentUnits = 1 << 14

interface Segment {
  readonly doubles: Float64Array
  readonly words: Uint32Array
}

/**
 * What the open histogram chunks go on from, in slabs of the writer's own: readers have the chunks'
 * bytes. Half a KiB for a histogram of 20 buckets, and nothing for series of floats.
 */
export class HistogramStates {
  readonly #segments: Segment[] = []
  /** By size class. */
  readonly #free: number[][] = []
  #endUnits = 0

  /** Bytes of all slabs. */
  get bytes(): number {
    return this.#segments.length * segmentUnits * unitDoubles * 8
  }

  /** The class that holds so many doubles. */
  classOf(doubles: number): number {
    let sizeClass = 0
    while (unitsOf(sizeClass) * unitDoubles < doubles) sizeClass++
    return sizeClass
  }

  allocate(sizeClass: number): number {
    const reused = this.#free[sizeClass]?.pop()
    if (reused !== undefined) return reused
    const units = unitsOf(sizeClass)
    assert(units <= segmentUnits, `the state of a histogram of ${units * unitDoubles} doubles`)
    const left = segmentUnits - (this.#endUnits % segmentUnits)
    if (left < units) this.#endUnits += left
    const place = this.#endUnits
    this.#endUnits += units
    if (this.#segments.length * segmentUnits < this.#endUnits) {
      const doubles = new Float64Array(segmentUnits * unitDoubles)
      this.#segments.push({ doubles, words: new Uint32Array(doubles.buffer) })
    }
    return place
  }

  free(place: number, sizeClass: number): void {
    const free = this.#free[sizeClass]
    if (free === undefined) {
      while (this.#free.length <= sizeClass) this.#free.push([])
      this.#free[sizeClass]?.push(place)
    } else free.push(place)
  }

  /** Stands the place at the beginning of a state. */
  find(place: number, into: StatePlace): void {
    const segment = this.#segments[Math.floor(place / segmentUnits)]
    assert(segment !== undefined, 'a state that was allocated')
    into.moveTo(segment.doubles, segment.words, (place % segmentUnits) * unitDoubles)
  }
}

/** 4, 6, 8, 12, 16, 24 and so on. */
function unitsOf(sizeClass: number): number {
  return (sizeClass % 2 === 0 ? 4 : 6) << (sizeClass >> 1)
}
