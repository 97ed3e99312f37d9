import type { FileSystem } from './file-system.ts'

/**
 * A text that changes when one of the files does: by time of change and length. A file that was
 * written in the last seconds makes a new text every time, since a second write may leave both.
 */
export function filesStamp(files: readonly string[], fs: FileSystem, wallMs: number): string {
  return files
    .map((file) => {
      const stat = fs.stat(file)
      if (stat === undefined) return '-'
      const { mtimeMs, sizeBytes } = stat
      return `${mtimeMs}:${sizeBytes}${wallMs - mtimeMs < settledMs ? `:${wallMs}` : ''}`
    })
    .join(' ')
}

/** The coarsest clock of a file system ticks every two seconds. */
const settledMs = 2_000
