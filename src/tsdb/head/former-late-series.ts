/**
 * Series that had out-of-order samples which are in blocks by now. Chunks of those may stand in files
 * still, and the log has the samples, as all others. A byte each, once there is a first one.
 */
export class FormerLateSeries {
  #marks = new Uint8Array(0)

  add(series: number): void {
    if (series >= this.#marks.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(series + 2)))
      larger.set(this.#marks)
      this.#marks = larger
    }
    this.#marks[series] = 1
  }

  has(series: number): boolean {
    return this.#marks[series] === 1
  }

  /** The id is to be another series'. */
  remove(series: number): void {
    if (this.has(series)) this.#marks[series] = 0
  }
}
