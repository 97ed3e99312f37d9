/** A bundle's text by places: the bundler names each file before what it has of it. */
export class BundledCode {
  readonly #source: string
  readonly #files: { readonly name: string; readonly offset: number }[] = []

  constructor(source: string) {
    this.#source = source
    for (const { 1: name = '', index } of source.matchAll(/^\/\/ (\S+\.[cm]?[jt]s)$/gm)) {
      this.#files.push({ name, offset: index })
    }
  }

  fileAt(offset: number): string {
    let [low, high] = [0, this.#files.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#files[middle]?.offset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return this.#files[low - 1]?.name ?? ''
  }

  /** The beginning of a block, on one line. */
  textOf(from: number, to: number): string {
    return this.#source.slice(from, to).replace(/\s+/g, ' ').slice(0, 120)
  }
}
