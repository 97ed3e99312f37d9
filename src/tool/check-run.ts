import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { CheckCommand } from './check-command-line.ts'
import { checkServiceDiscovery } from './check-service-discovery.ts'
import type { ToolTerminal } from './terminal.ts'

/** Runs a command and answers the exit code: 1 where something is wrong, as promtool has it. */
export async function runCheck(
  command: CheckCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<number> {
  try {
    return (await checkServiceDiscovery(command, fileSystem, clock, terminal)) ? 0 : 1
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}
