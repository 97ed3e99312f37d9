import { messageOf } from '../base/errors.ts'

const openWords: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENAMETOOLONG: 'file name too long',
  ELOOP: 'too many levels of symbolic links',
}

/** Why a file cannot be read, as Go says it. */
export function openFault(thrown: unknown, path: string): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const words = openWords[code]
  if (words !== undefined) return `open ${path}: ${words}`
  if (code === 'EISDIR') return `read ${path}: is a directory`
  return messageOf(thrown)
}
