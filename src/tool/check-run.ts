import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { CheckCommand } from './check-command-line.ts'
import { checkRules, type ToolInput } from './check-rules.ts'
import { checkServiceDiscovery } from './check-service-discovery.ts'
import { checkWebConfigs } from './check-web-config.ts'
import type { ToolTerminal } from './terminal.ts'

/** What a command works with. */
export interface CheckSurroundings {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly input: ToolInput
}

/**
 * Runs a command and answers the exit code, promtool's: 1 where something is wrong, 3 where only a
 * lint was found that is to be fatal.
 */
export async function runCheck(
  command: CheckCommand,
  { fileSystem, clock, input }: CheckSurroundings,
  terminal: ToolTerminal,
): Promise<number> {
  try {
    if (command.kind === 'rules') return await checkRules(command, fileSystem, input, terminal)
    if (command.kind === 'web-config') {
      return checkWebConfigs(command.files, fileSystem, terminal) ? 0 : 1
    }
    return (await checkServiceDiscovery(command, fileSystem, clock, terminal)) ? 0 : 1
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}
