import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { crc32c } from '../../base/crc32c.ts'
import type { FileStat, FileSystem } from '../../base/file-system.ts'
import { segmentsOf } from './block-bytes.ts'
import { blockFile } from './block-files.ts'
import { CorruptionError } from './corruption.ts'
import { replaceFile } from './durable-file.ts'

/** Our own file in a block's directory; Prometheus, promtool and Thanos do not look at it. */
export const sealFile = 'narthex.seal'

/** `NxSl` in ASCII, and a version. */
const magic = 0x4e78536c
const sealVersion = 1
const pageBytes = 1 << 16

/** One file of a block when it was sealed. */
export interface SealedFile {
  readonly name: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** CRC-32C of each 64 KiB; the last page may be shorter. */
  readonly pageSums: Uint32Array
}

/**
 * Writes down what the bytes of a block are (one CRC-32C per 64 KiB, size and mtime of every file),
 * so that all of them can be verified, also those that the format has no sum for, such as meta.json.
 * Call it when the block's files are on disk, before the block is given its name.
 */
export function seal(fileSystem: FileSystem, directory: string): void {
  const files = sealableFiles(fileSystem, directory)
  writeSeal(
    fileSystem,
    directory,
    files.map((name) => sealedFile(fileSystem, directory, name)),
  )
}

/** A file as it is now. */
export function sealedFile(fileSystem: FileSystem, directory: string, name: string): SealedFile {
  const { sizeBytes, mtimeMs } = statOf(fileSystem, directory, name)
  return { name, sizeBytes, mtimeMs, pageSums: pageSumsOf(fileSystem, `${directory}/${name}`) }
}

/** Replaces the seal. */
export function writeSeal(
  fileSystem: FileSystem,
  directory: string,
  files: readonly SealedFile[],
): void {
  replaceFile(fileSystem, directory, sealFile, encode(files))
}

/** Undefined where there is no seal. Throws CorruptionError for one that is damaged itself. */
export function readSeal(
  fileSystem: FileSystem,
  directory: string,
): readonly SealedFile[] | undefined {
  const path = `${directory}/${sealFile}`
  if (fileSystem.stat(path) === undefined) return undefined
  const bytes = fileSystem.readFile(path)
  const fault = (offsetBytes: number, reason: string) =>
    new CorruptionError(directory, sealFile, offsetBytes, reason)
  const end = bytes.length - 4
  if (end < 12) throw fault(bytes.length, `${bytes.length} bytes are too few`)
  const sum = new ByteReader(bytes.subarray(end)).uint32()
  if (crc32c(bytes, 0, end) !== sum) throw fault(end, 'the checksum is another one')
  const reader = new ByteReader(bytes.subarray(0, end))
  if (reader.uint32() !== magic || reader.uint32() !== sealVersion) {
    throw fault(0, 'not a seal of version 1')
  }
  try {
    return Array.from({ length: reader.uint32() }, () => decodeFile(reader))
  } catch (thrown) {
    if (!(thrown instanceof ByteReadError)) throw thrown
    throw fault(thrown.offsetBytes, thrown.message)
  }
}

/** Whether nobody has written a file since it was sealed, so that its sums must hold. */
export function isUntouched(found: FileStat, file: SealedFile): boolean {
  return found.mtimeMs === file.mtimeMs
}

/**
 * Holds a file against its seal: throws CorruptionError with the page's place where a byte is
 * another one.
 */
export function checkSealedFile(
  fileSystem: FileSystem,
  directory: string,
  { name, sizeBytes, pageSums }: SealedFile,
): void {
  const path = `${directory}/${name}`
  const found = fileSystem.stat(path)
  const fault = (offset: number, reason: string) =>
    new CorruptionError(directory, name, offset, reason)
  if (found === undefined) throw fault(0, 'the file is missing')
  if (found.sizeBytes !== sizeBytes) {
    const offset = Math.min(found.sizeBytes, sizeBytes)
    throw fault(offset, `${found.sizeBytes} bytes, it was sealed with ${sizeBytes}`)
  }
  const sums = pageSumsOf(fileSystem, path)
  for (let page = 0; page < pageSums.length; page++) {
    if (sums[page] === pageSums[page]) continue
    throw fault(page * pageBytes, 'a page is not what was sealed')
  }
}

/**
 * What is checked whenever a block is opened: that every sealed file is there with its size, and the
 * bytes of meta.json and tombstones, unless somebody has written them since. Answers how many bytes
 * these two have. A block without a seal, or with a damaged one, is taken as it is: verify() is
 * what finds and mends that.
 */
export function checkSmallFiles(fileSystem: FileSystem, directory: string): number {
  for (const file of sealOrNone(fileSystem, directory)) {
    const found = fileSystem.stat(`${directory}/${file.name}`)
    if (found === undefined) throw new CorruptionError(directory, file.name, 0, 'it is missing')
    if (!isUntouched(found, file)) continue
    const isSmall = file.name === blockFile.meta || file.name === blockFile.tombstones
    if (isSmall || found.sizeBytes !== file.sizeBytes) checkSealedFile(fileSystem, directory, file)
  }
  return [blockFile.meta, blockFile.tombstones]
    .map((name) => fileSystem.stat(`${directory}/${name}`)?.sizeBytes ?? 0)
    .reduce((sum, size) => sum + size, 0)
}

function sealOrNone(fileSystem: FileSystem, directory: string): readonly SealedFile[] {
  try {
    return readSeal(fileSystem, directory) ?? []
  } catch (thrown) {
    if (!(thrown instanceof CorruptionError)) throw thrown
    return []
  }
}

/** The files of a block that are Prometheus'. */
export function sealableFiles(fileSystem: FileSystem, directory: string): readonly string[] {
  const hasTombstones = fileSystem.stat(`${directory}/${blockFile.tombstones}`) !== undefined
  return [
    blockFile.meta,
    blockFile.index,
    ...(hasTombstones ? [blockFile.tombstones] : []),
    ...segmentsOf(fileSystem, directory),
  ]
}

function statOf(
  fileSystem: FileSystem,
  directory: string,
  name: string,
): { readonly sizeBytes: number; readonly mtimeMs: number } {
  const found = fileSystem.stat(`${directory}/${name}`)
  if (found === undefined) throw new CorruptionError(directory, name, 0, 'the file is missing')
  return { sizeBytes: found.sizeBytes, mtimeMs: found.mtimeMs }
}

function pageSumsOf(fileSystem: FileSystem, path: string): Uint32Array {
  const file = fileSystem.openRead(path)
  try {
    const page = new Uint8Array(pageBytes)
    const sums = new Uint32Array(Math.ceil(file.sizeBytes / pageBytes))
    for (let index = 0; index < sums.length; index++) {
      sums[index] = crc32c(page, 0, file.read(page, index * pageBytes))
    }
    return sums
  } finally {
    file.close()
  }
}

function encode(files: readonly SealedFile[]): Uint8Array {
  const writer = new ByteWriter()
  writer.uint32(magic)
  writer.uint32(sealVersion)
  writer.uint32(files.length)
  for (const { name, sizeBytes, mtimeMs, pageSums } of files) {
    writer.uvarintText(name)
    writer.int64(sizeBytes)
    writer.float64Halves(new Uint32Array(Float64Array.of(mtimeMs).buffer), 0)
    writer.uvarint(pageSums.length)
    for (const sum of pageSums) writer.uint32(sum)
  }
  writer.uint32(crc32c(writer.view()))
  return writer.copy()
}

function decodeFile(reader: ByteReader): SealedFile {
  const name = new TextDecoder().decode(reader.uvarintBytes())
  const sizeBytes = reader.int64()
  const mtimeMs = new Float64Array(1)
  reader.float64Into(new Uint32Array(mtimeMs.buffer), 0)
  const pages = reader.uvarint()
  if (pages * 4 > reader.left) throw new ByteReadError(reader.offset, `${pages} sums`)
  const pageSums = Uint32Array.from({ length: pages }, () => reader.uint32())
  return { name, sizeBytes, mtimeMs: mtimeMs[0] ?? 0, pageSums }
}
