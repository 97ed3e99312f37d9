import { join } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { checkBlock } from '../tsdb/block/verify.ts'
import type { ToolTerminal } from './terminal.ts'
import { blockNames, replayHead } from './tsdb-directory.ts'

export interface VerifyCommand {
  readonly kind: 'verify'
  readonly directory: string
}

/**
 * `tsdb verify`: reads every byte of blocks and log and prints a line for each, with the first fault
 * of a block and every one of the log. Nothing is written, so that it may run beside a server. Answers
 * whether all was well.
 */
export async function verifyDirectory(
  { directory }: VerifyCommand,
  fileSystem: FileSystem,
  terminal: ToolTerminal,
): Promise<boolean> {
  const names = blockNames(fileSystem, directory)
  let damaged = 0
  names.forEach((ulid, index) => {
    terminal.progress(`Reading block ${ulid}, ${index + 1} of ${names.length}`)
    const fault = faultOfBlock(fileSystem, join(directory, ulid))
    if (fault !== undefined) damaged++
    terminal.print(`${ulid}  ${fault ?? 'ok'}\n`)
  })
  const faults = await faultsOfLog(fileSystem, directory, terminal)
  if (damaged + faults === 0) return true
  const word = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`
  terminal.warn(`${word(damaged, 'damaged block')}, ${word(faults, 'fault')} of the log`)
  return false
}

function faultOfBlock(fileSystem: FileSystem, directory: string): string | undefined {
  try {
    checkBlock(fileSystem, directory)
    return undefined
  } catch (thrown) {
    if (thrown instanceof NarthexError) return thrown.message
    // A file that is missing, or that the disk does not give.
    if (thrown instanceof Error && 'code' in thrown) return thrown.message
    throw thrown
  }
}

/** Prints what the log holds, then its faults; answers how many there are. */
async function faultsOfLog(
  fileSystem: FileSystem,
  directory: string,
  terminal: ToolTerminal,
): Promise<number> {
  const head = await replayHead(fileSystem, directory, Number.NEGATIVE_INFINITY, terminal)
  if (head === undefined) return 0
  const { segments, records, corruptions } = head.replay
  const name = 'wal'.padEnd(26)
  terminal.print(`${name}  ${segments} segments, ${records} records\n`)
  for (const { message } of corruptions) terminal.print(`${name}  ${message}\n`)
  return corruptions.length
}
