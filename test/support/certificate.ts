import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Path of a file of test/support/certificates. */
export function certificateFile(name: string): string {
  return join(import.meta.dirname, 'certificates', name)
}

export function certificateText(name: string): string {
  return readFileSync(certificateFile(name), 'utf8')
}
