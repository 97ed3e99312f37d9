import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'

/** The text of a file that holds a secret or a certificate, without the white space around it. */
export function readSecretFile(fs: FileSystem, file: string, what: string): string {
  try {
    return new TextDecoder().decode(fs.readFile(file)).trim()
  } catch (thrown) {
    const text = `unable to read ${what}: unable to read file ${file}: ${reasonOf(thrown, file)}`
    throw new NarthexError('HTTP_REQUEST_FAILED', text, { cause: thrown })
  }
}

function reasonOf(thrown: unknown, file: string): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : ''
  if (code === 'ENOENT') return `open ${file}: no such file or directory`
  if (code === 'EACCES') return `open ${file}: permission denied`
  return messageOf(thrown)
}
