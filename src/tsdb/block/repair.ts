import type { FileSystem } from '../../base/file-system.ts'
import { blockFile } from './block-files.ts'
import { readMetaToRepair, writeMeta } from './meta.ts'

const pieceBytes = 1 << 20

/**
 * Mends what Prometheus 2.1 wrote (row T8.4; tsdb/repair.go): meta.json of version 2 beside an index
 * that says version 1 and is of version 2. Answers whether there was something to mend. A crash in
 * between leaves a block that is mended the next time.
 */
export function repairIndexVersion(fileSystem: FileSystem, directory: string): boolean {
  const { meta, isBroken } = readMetaToRepair(fileSystem, directory)
  if (!isBroken) return false
  const path = `${directory}/${blockFile.index}`
  const repaired = `${path}.repaired`
  if (fileSystem.stat(repaired) !== undefined) fileSystem.remove(repaired)
  copyAsVersion2(fileSystem, path, repaired)
  fileSystem.rename(repaired, path)
  fileSystem.syncDirectory(directory)
  writeMeta(fileSystem, directory, meta)
  return true
}

function copyAsVersion2(fileSystem: FileSystem, from: string, to: string): void {
  const source = fileSystem.openRead(from)
  const target = fileSystem.openAppend(to, { exclusive: true })
  try {
    const piece = new Uint8Array(pieceBytes)
    for (let at = 0; at < source.sizeBytes; at += piece.length) {
      const length = source.read(piece, at)
      if (at === 0) piece[4] = 2
      target.append(piece.subarray(0, length))
    }
    target.syncDataNow()
  } finally {
    target.close()
    source.close()
  }
}
