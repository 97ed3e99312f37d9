import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { readWebConfig } from '../config/web-config.ts'
import { webConfigText } from '../config/web-config-file.ts'
import { loadServedTls } from '../http/served-tls.ts'
import { demandFile } from './check-rules.ts'
import type { ToolTerminal } from './terminal.ts'

/**
 * `check web-config` (row F4.5): reads each file, and the certificates that it names. Answers
 * whether all of them are right. Throws FLAG_INVALID for a file that is not there.
 */
export function checkWebConfigs(
  files: readonly string[],
  fs: FileSystem,
  terminal: ToolTerminal,
): boolean {
  for (const file of files) demandFile(fs, file)
  const faults = files.map((file) => {
    const fault = faultOf(file, fs)
    terminal.complain(fault === undefined ? `${file} SUCCESS\n` : `${file} FAILED: ${fault}\n`)
    return fault
  })
  return faults.every((fault) => fault === undefined)
}

function faultOf(file: string, fs: FileSystem): string | undefined {
  try {
    const { tls } = readWebConfig(webConfigText(fs, file), file)
    if (tls !== undefined) loadServedTls(tls, fs)
    return undefined
  } catch (thrown) {
    if (thrown instanceof NarthexError) return messageOf(thrown)
    throw thrown
  }
}
