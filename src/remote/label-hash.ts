/**
 * 128 bits of a byte run by MurmurHash3's x86 form, from seeds of this process: enough that two
 * label sets never meet by chance. Who could make two meet on purpose may write to both anyway.
 */
export class LabelHash {
  /** The four words of the latest hash, unsigned. */
  readonly words = new Uint32Array(4)
  readonly #seeds: Uint32Array
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** The last bytes of a run, filled up with zeros. */
  readonly #tail = new Uint8Array(16)
  readonly #tailView = new DataView(this.#tail.buffer)

  /** Four words, the same for every hash that is compared. */
  constructor(seeds: Uint32Array) {
    this.#seeds = seeds
  }

  hash(bytes: Uint8Array, start: number, end: number): void {
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer)
    const whole = start + ((end - start) & ~15)
    const offset = bytes.byteOffset
    this.words.set(this.#seeds)
    this.#mix(this.#view, offset + start, offset + whole)
    if (whole < end) {
      this.#tail.fill(0)
      this.#tail.set(bytes.subarray(whole, end))
      this.#mix(this.#tailView, 0, 16)
    }
    this.#finish(end - start)
  }

  /** Takes the bytes `start` to `end` in, sixteen at a time; the words stay in registers meanwhile. */
  #mix(view: DataView, start: number, end: number): void {
    const { words } = this
    let a = (words[0] ?? 0) | 0
    let b = (words[1] ?? 0) | 0
    let c = (words[2] ?? 0) | 0
    let d = (words[3] ?? 0) | 0
    for (let at = start; at < end; at += 16) {
      a ^= scrambled(view.getInt32(at, true), 0x239b961b, 15, 0xab0e9789)
      a = (Math.imul((rotated(a, 19) + b) | 0, 5) + 0x561ccd1b) | 0
      b ^= scrambled(view.getInt32(at + 4, true), 0xab0e9789, 16, 0x38b34ae5)
      b = (Math.imul((rotated(b, 17) + c) | 0, 5) + 0x0bcaa747) | 0
      c ^= scrambled(view.getInt32(at + 8, true), 0x38b34ae5, 17, 0xa1e38b93)
      c = (Math.imul((rotated(c, 15) + d) | 0, 5) + 0x96cd1c35) | 0
      d ^= scrambled(view.getInt32(at + 12, true), 0xa1e38b93, 18, 0x239b961b)
      d = (Math.imul((rotated(d, 13) + a) | 0, 5) + 0x32ac3b17) | 0
    }
    words[0] = a
    words[1] = b
    words[2] = c
    words[3] = d
  }

  #finish(length: number): void {
    const { words } = this
    for (let word = 0; word < 4; word++) words[word] = (words[word] ?? 0) ^ length
    this.#spread()
    for (let word = 0; word < 4; word++) words[word] = avalanche(words[word] ?? 0)
    this.#spread()
  }

  /** Every word gets something of the others. */
  #spread(): void {
    const { words } = this
    const sum = (words[0] ?? 0) + (words[1] ?? 0) + (words[2] ?? 0) + (words[3] ?? 0)
    words[0] = sum
    for (let word = 1; word < 4; word++) words[word] = (words[word] ?? 0) + sum
  }
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function scrambled(word: number, first: number, by: number, second: number): number {
  return Math.imul(rotated(Math.imul(word, first), by), second)
}

function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
