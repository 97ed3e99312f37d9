import { messageOf } from '../base/errors.ts'

/** Why a file cannot be read, as Go says it. */
export function openFault(thrown: unknown, path: string): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : ''
  if (code === 'ENOENT') return `open ${path}: no such file or directory`
  if (code === 'EACCES') return `open ${path}: permission denied`
  if (code === 'EISDIR') return `read ${path}: is a directory`
  return messageOf(thrown)
}
