import { isAbsolute, join } from 'node:path'

/** A path of a file is relative to the folder of the file that names it (row C1.4). */
export function joinDirectory(directory: string, path: string): string {
  return path === '' || isAbsolute(path) ? path : join(directory, path)
}
