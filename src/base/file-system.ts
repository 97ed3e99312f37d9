/**
 * All file access of the program goes through this contract, so that test/sim can tear, lose, fail
 * and fill. Only node-file-system.ts touches node:fs. Paths are absolute or relative to the working
 * directory; errors are Node's own (`code` ENOENT, ENOSPC, ...), thrown as they are.
 */
export interface FileSystem {
  /** Opens for reading; throws ENOENT. */
  openRead(path: string): ReadFile
  /** Opens for appending at the end, created when absent (`exclusive`: must be absent). */
  openAppend(path: string, options?: { readonly exclusive?: boolean }): AppendFile
  /** Opens a file that exists for writing anywhere inside it; throws ENOENT. */
  openInPlace(path: string): InPlaceFile
  readFile(path: string): Uint8Array
  /** Writes a whole file in place; not atomic: pair with syncFile and rename. */
  writeFile(path: string, bytes: Uint8Array): void
  /** Waits until the file's bytes are on disk. */
  syncFile(path: string): void
  /** Waits until the directory's entries are on disk; a rename is durable only after this. */
  syncDirectory(path: string): void
  rename(from: string, to: string): void
  /** A second name for a file's bytes; a copy where the disk has no such names. */
  link(from: string, to: string): void
  remove(path: string, options?: { readonly recursive?: boolean }): void
  makeDirectory(path: string): void
  /** Names in byte order. */
  list(path: string): readonly string[]
  stat(path: string): FileStat | undefined
  /** Of the disk that the path is on. */
  diskBytes(path: string): DiskBytes
  /** Cuts or extends a file to a length. */
  truncate(path: string, lengthBytes: number): void
  /** Calls after something in the directory changed; may call late and more than once. */
  watch(directory: string, changed: () => void): { close(): void }
}

export interface DiskBytes {
  /** 0 where the system does not tell. */
  readonly total: number
  /** What this process may still write. */
  readonly free: number
  /** The magic number of its kind of file system, as statfs(2) has it. */
  readonly kind: number
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other'
  readonly sizeBytes: number
  readonly mtimeMs: number
}

export interface ReadFile {
  readonly sizeBytes: number
  /** Fills `into` from the place; answers how many bytes there were (fewer only at the end). */
  read(into: Uint8Array, offsetBytes: number): number
  close(): void
}

export interface InPlaceFile {
  /** Hands all bytes to the system before it answers: they outlive the process, not a power cut. */
  write(bytes: Uint8Array, offsetBytes: number): void
  close(): void
}

export interface AppendFile {
  readonly sizeBytes: number
  /** Hands all bytes to the system before it answers; a short write is completed or thrown. */
  append(bytes: Uint8Array): void
  /** fdatasync off the main thread. A rejection is final: the file's unsynced bytes are unknown. */
  syncData(): Promise<void>
  syncDataNow(): void
  /** Cuts the file back to a length, for rolling back a failed append. */
  truncate(lengthBytes: number): void
  close(): void
}
