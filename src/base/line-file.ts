import type { AppendFile, FileSystem } from './file-system.ts'

/**
 * A file that lines are added to for as long as the server runs. Where it was moved or cut meanwhile,
 * as programs that rotate logs do, a file of its name is begun anew.
 */
export class LineFile {
  readonly #fileSystem: FileSystem
  readonly #path: string
  #file: AppendFile

  /** Opens the file, and makes it where there is none. Throws what opening it throws. */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem
    this.#path = path
    this.#file = fileSystem.openAppend(path)
  }

  /** Adds a line, given without its end. Throws what the file system throws. */
  append(line: string): void {
    const sizeBytes = this.#fileSystem.stat(this.#path)?.sizeBytes
    if (sizeBytes !== this.#file.sizeBytes) this.#reopen()
    this.#file.append(new TextEncoder().encode(`${line}\n`))
  }

  close(): void {
    this.#file.close()
  }

  #reopen(): void {
    const file = this.#fileSystem.openAppend(this.#path)
    this.#file.close()
    this.#file = file
  }
}
