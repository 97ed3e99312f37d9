import { basename, dirname, join } from 'node:path'
import type { FileSystem } from '../base/file-system.ts'

/**
 * Files that a path with stars in its last part names, in byte order; a folder that is not there
 * holds none. A path without stars names itself where it exists.
 */
export function filesMatching(fs: FileSystem, glob: string): readonly string[] {
  const directory = dirname(glob)
  const pattern = basename(glob)
  if (!pattern.includes('*')) return fs.stat(glob)?.kind === 'file' ? [glob] : []
  if (fs.stat(directory)?.kind !== 'directory') return []
  return fs
    .list(directory)
    .filter((name) => matchesStars(name, pattern))
    .map((name) => join(directory, name))
    .filter((path) => fs.stat(path)?.kind === 'file')
}

/** Stars stand for any text without slashes; all else for itself. */
export function matchesStars(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return name === pattern
  if (!name.startsWith(first) || name.length < first.length + last.length) return false
  if (!name.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}
