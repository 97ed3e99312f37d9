/** Code points of a text in columns that are used again: a text is read without an object of its own. */
export class CodePoints {
  #points = new Uint32Array(64)
  length = 0

  constructor(text = '') {
    this.read(text)
  }

  /** Forgets the text before. */
  read(text: string): void {
    // A code point takes one unit at least.
    if (this.#points.length < text.length) this.#points = new Uint32Array(text.length * 2)
    let length = 0
    for (let index = 0; index < text.length; index++) {
      const point = text.codePointAt(index) ?? 0
      if (point > 0xffff) index++
      this.#points[length++] = point
    }
    this.length = length
  }

  at(index: number): number {
    return this.#points[index] ?? 0
  }
}

/** How many code points there are before the unit at `end`. */
export function codePointCount(text: string, end = text.length): number {
  let count = 0
  for (let index = 0; index < end; count++) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1
  }
  return count
}

/** Each code point in lower case by itself, without the rules for words, as Go does it. */
export function lowerCase(text: string): string {
  if (!/[^ -~]/.test(text)) return text.toLowerCase()
  let lower = ''
  for (const point of text) lower += String.fromCodePoint(point.toLowerCase().codePointAt(0) ?? 0)
  return lower
}
