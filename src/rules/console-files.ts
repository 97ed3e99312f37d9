import { basename, join } from 'node:path/posix'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { filesMatching } from '../config/glob.ts'
import { openFault } from '../config/open-fault.ts'
import type { TemplateSource } from './template-source.ts'

/** A file that cannot be read, in Go's words. */
export class ConsoleFileError extends Error {
  override readonly name = 'ConsoleFileError'

  constructor(
    message: string,
    readonly isMissing: boolean,
  ) {
    super(message)
  }
}

/** The folders of --web.console.templates and --web.console.libraries, read at every request. */
export class ConsoleFiles {
  readonly #fs: FileSystem
  readonly #templates: string
  readonly #libraries: string

  constructor(fs: FileSystem, folders: { readonly templates: string; readonly libraries: string }) {
    this.#fs = fs
    this.#templates = folders.templates
    this.#libraries = folders.libraries
  }

  /** True where the system does not tell. */
  has(path: string): boolean {
    try {
      return this.#fs.stat(join(this.#templates, path)) !== undefined
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown) return true
      throw thrown
    }
  }

  /** The text of a template, whose path cannot lead out of the folder. Throws ConsoleFileError. */
  template(path: string): string {
    if (path.includes('\0')) {
      throw new ConsoleFileError('http: invalid or unsafe file path', true)
    }
    // What begins with a slash has nothing above it.
    return this.#text(join(this.#templates || '.', join('/', path).replace(/\/$/, '')))
  }

  /** Throws ConsoleFileError, and CONFIG_INVALID where the folder's name is no pattern. */
  libraries(): readonly TemplateSource[] {
    const files = filesMatching(this.#fs, `${this.#libraries}/*.lib`)
    if (files.length > limits.consoleLibrariesMax) {
      const words = `${this.#libraries} has ${files.length} libraries`
      throw new ConsoleFileError(`${words}, the limit is ${limits.consoleLibrariesMax}`, false)
    }
    const bytes = files.reduce((sum, file) => sum + (this.#fs.stat(file)?.sizeBytes ?? 0), 0)
    checkSize(`${this.#libraries}/*.lib`, bytes)
    return files.map((file) => ({ name: basename(file), text: this.#text(file) }))
  }

  #text(file: string): string {
    try {
      const stat = this.#fs.stat(file)
      if (stat?.kind === 'other') throw new ConsoleFileError(`${file} is no file`, false)
      if (stat?.kind === 'file') checkSize(file, stat.sizeBytes)
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#fs.readFile(file))
    } catch (thrown) {
      if (thrown instanceof ConsoleFileError) throw thrown
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : ''
      const isNoFolder = code === 'ENOTDIR'
      const words = isNoFolder ? 'file does not exist' : openFault(thrown, file)
      throw new ConsoleFileError(words, isNoFolder || words.startsWith('open '))
    }
  }
}

function checkSize(what: string, bytes: number): void {
  const most = limits.consoleBytesMax
  if (bytes > most)
    throw new ConsoleFileError(`${what} has ${bytes} bytes, the limit is ${most}`, false)
}
