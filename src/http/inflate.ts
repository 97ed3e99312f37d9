import { constants, createGunzip, type Gunzip } from 'node:zlib'

/** What a stream of node:zlib works with: bytes in, bytes out, in one call. */
interface InflateHandle {
  reset(): void
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputBytes: number,
    output: Uint8Array,
    outputOffset: number,
    outputBytes: number,
  ): void
}

/**
 * Inflates gzip with one engine for all bodies: node:zlib's own gunzipSync makes an engine and a
 * stream around it each time, 45 of the 160 us that a page of 99 KB takes, and leaves them to the
 * garbage collector. The engine is no public part of node:zlib: where it is not as expected, nothing
 * is inflated here, and what it does not like is left to gunzipSync, which has words for it.
 */
export class Inflater {
  #engine: Gunzip | undefined
  #isUsable = true

  /** Inflates all of `packed`, which must fill `into` to its end; whether it did. */
  inflate(packed: Uint8Array, into: Uint8Array): boolean {
    if (!this.#isUsable) return false
    const engine = this.#opened()
    const handle: unknown = Reflect.get(engine, '_handle')
    const state: unknown = Reflect.get(engine, '_writeState')
    if (!isHandle(handle) || !(state instanceof Uint32Array)) {
      this.#isUsable = false
      return false
    }
    handle.reset()
    state.fill(notTold)
    handle.writeSync(constants.Z_FINISH, packed, 0, packed.length, into, 0, into.length)
    const [outputLeft, inputLeft] = state
    const isWhole = !engine.destroyed && outputLeft === 0 && inputLeft === 0
    if (engine.destroyed) this.#engine = undefined
    return isWhole
  }

  #opened(): Gunzip {
    if (this.#engine !== undefined) return this.#engine
    const engine = createGunzip({ chunkSize: constants.Z_MIN_CHUNK })
    // A fault destroys the engine; the body's next reader tells what it is.
    engine.on('error', () => {
      this.#engine = undefined
    })
    this.#engine = engine
    return engine
  }
}

const notTold = 0xffff_ffff

function isHandle(value: unknown): value is InflateHandle {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'reset') === 'function' &&
    typeof Reflect.get(value, 'writeSync') === 'function'
  )
}
