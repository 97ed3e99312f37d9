import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { filesStamp } from '../base/file-stamp.ts'
import type { FileSystem } from '../base/file-system.ts'
import { openFault } from './open-fault.ts'
import { readWebConfig, type WebConfig } from './web-config.ts'

/** The file of --web.config.file, read again whenever it changed (row F8.5). */
export class WebConfigFile {
  readonly path: string
  readonly #fs: FileSystem
  readonly #clock: Clock
  #stamp: string | undefined
  #text: string | undefined
  #last: WebConfig | NarthexError | undefined

  constructor(path: string, tools: { readonly fs: FileSystem; readonly clock: Clock }) {
    this.path = path
    this.#fs = tools.fs
    this.#clock = tools.clock
  }

  /**
   * What the file says now, the same object until it changes. Throws NarthexError CONFIG_INVALID
   * where it is wrong or gone: a configuration of before must not let anybody in who is out by now.
   */
  current(): WebConfig {
    const stamp = filesStamp([this.path], this.#fs, this.#clock.wallMs())
    if (stamp !== this.#stamp || this.#last === undefined) {
      this.#last = this.#read()
      this.#stamp = stamp
    }
    if (this.#last instanceof NarthexError) throw this.#last
    return this.#last
  }

  #read(): WebConfig | NarthexError {
    try {
      const before = this.#text
      this.#text = undefined
      const text = webConfigText(this.#fs, this.path)
      this.#text = text
      if (text === before && this.#last !== undefined) return this.#last
      return readWebConfig(text, this.path)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      return thrown
    }
  }
}

/** Throws NarthexError CONFIG_INVALID in Go's words. */
export function webConfigText(fs: FileSystem, path: string): string {
  try {
    return new TextDecoder().decode(fs.readFile(path))
  } catch (thrown) {
    throw new NarthexError('CONFIG_INVALID', openFault(thrown, path), { cause: thrown })
  }
}
