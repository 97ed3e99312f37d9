/**
 * One label set as UTF-8 texts that stand somewhere in a run of bytes: name, value, name, ... in the
 * order of their names. Reused: whoever fills it says so with begin. For paths on which a string
 * for each text would cost more than all the rest.
 */
export class LabelTexts {
  #bytes: Uint8Array = new Uint8Array(0)
  /** Start and end of each text. */
  #places = new Uint32Array(64)
  #count = 0

  /** Where the texts stand. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** How many texts there are: two a label. */
  get count(): number {
    return this.#count
  }

  begin(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#count = 0
  }

  /** The next text stands from `start` to `end`. */
  add(start: number, end: number): void {
    const at = this.#count * 2
    if (at === this.#places.length) {
      const places = new Uint32Array(at * 2)
      places.set(this.#places)
      this.#places = places
    }
    this.#places[at] = start
    this.#places[at + 1] = end
    this.#count++
  }

  start(text: number): number {
    return this.#places[text * 2] ?? 0
  }

  end(text: number): number {
    return this.#places[text * 2 + 1] ?? 0
  }

  /** UTF-16 units of all texts, as strings of them would have. */
  units(): number {
    let units = 0
    for (let text = 0; text < this.#count; text++) {
      for (let at = this.start(text); at < this.end(text); at++) {
        const byte = this.#bytes[at] ?? 0
        // Bytes that go on with a character count nothing, those of a surrogate pair twice.
        if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1
      }
    }
    return units
  }
}
