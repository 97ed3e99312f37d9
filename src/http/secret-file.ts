import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { openFault } from '../config/open-fault.ts'

/** The text of a file that holds a secret or a certificate, without the white space around it. */
export function readSecretFile(fs: FileSystem, file: string, what: string): string {
  try {
    return new TextDecoder().decode(fs.readFile(file)).trim()
  } catch (thrown) {
    const text = `unable to read ${what}: unable to read file ${file}: ${openFault(thrown, file)}`
    throw new NarthexError('HTTP_REQUEST_FAILED', text, { cause: thrown })
  }
}
