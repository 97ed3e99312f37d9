const segmentShift = 14
const segmentLength = 1 << segmentShift

/** A growing column of 32-bit numbers in segments: growing copies nothing. */
export class NumberColumn {
  readonly #segments: Uint32Array[] = []
  #tail = new Uint32Array(0)
  #count = 0

  get count(): number {
    return this.#count
  }

  push(value: number): void {
    const place = this.#count++ & (segmentLength - 1)
    if (place === 0) {
      this.#tail = new Uint32Array(segmentLength)
      this.#segments.push(this.#tail)
    }
    this.#tail[place] = value
  }

  at(index: number): number {
    return this.#segments[index >>> segmentShift]?.[index & (segmentLength - 1)] ?? 0
  }
}
