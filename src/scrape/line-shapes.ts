import type { LineShape } from '../kernels/known-lines.ts'

interface Known {
  readonly size: number
  readonly shape: WeakRef<LineShape>
}

/**
 * Shapes of lines that targets share, each once in memory: replicas have the same lines in the same
 * order. Nobody writes into a shape that was shared. It goes with the last who has it.
 */
export class LineShapes {
  readonly #known = new Map<number, Known[]>()
  #count = 0
  /** With so many the ones that are gone are looked for. */
  #countMax = initialCountMax

  /** The shape of the first `size` entries: the one that somebody has already, else a copy. */
  shared(columns: LineShape, size: number): LineShape {
    const key = keyOf(columns, size)
    const alike = this.#known.get(key) ?? []
    for (const known of alike) {
      const shape = known.size === size ? known.shape.deref() : undefined
      if (shape !== undefined && isEqual(shape, columns, size)) return shape
    }
    const shape = copied(columns, size)
    alike.push({ size, shape: new WeakRef(shape) })
    this.#known.set(key, alike)
    this.#count++
    if (this.#count > this.#countMax) this.#forgetGone()
    return shape
  }

  #forgetGone(): void {
    this.#count = 0
    for (const [key, alike] of this.#known) {
      const left = alike.filter(({ shape }) => shape.deref() !== undefined)
      if (left.length === 0) this.#known.delete(key)
      else this.#known.set(key, left)
      this.#count += left.length
    }
    this.#countMax = Math.max(initialCountMax, this.#count * 2)
  }
}

const initialCountMax = 64

/** Hashes are keyed: nobody makes many shapes with one key. */
function keyOf({ hashes, next }: LineShape, size: number): number {
  let key = size
  for (let entry = 0; entry < size; entry++) {
    key = Math.imul(key ^ (hashes[entry * 4] ?? 0), 0x9e3779b1)
    key = Math.imul((key ^ (key >>> 15)) + (next[entry] ?? 0), 0x85ebca6b)
  }
  return key
}

function isEqual(shape: LineShape, columns: LineShape, size: number): boolean {
  return (
    bytesOf(shape.hashes, size * 4).equals(bytesOf(columns.hashes, size * 4)) &&
    bytesOf(shape.lengths, size).equals(bytesOf(columns.lengths, size)) &&
    bytesOf(shape.kinds, size).equals(bytesOf(columns.kinds, size)) &&
    bytesOf(shape.next, size).equals(bytesOf(columns.next, size))
  )
}

function bytesOf(column: Int32Array | Uint8Array, entries: number): Buffer {
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = column
  return Buffer.from(buffer, byteOffset, entries * BYTES_PER_ELEMENT)
}

function copied({ hashes, lengths, kinds, next }: LineShape, size: number): LineShape {
  return {
    hashes: hashes.slice(0, size * 4),
    lengths: lengths.slice(0, size),
    kinds: kinds.slice(0, size),
    next: next.slice(0, size),
  }
}
