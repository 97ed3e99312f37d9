import { Command, CommanderError } from 'commander'
import { messageOf, NarthexError } from '../base/errors.ts'
import { versionText } from './build-info.ts'
import { helpLayout } from './help-layout.ts'

/**
 * Reads what stands behind `narthex`, where its first word names the group of commands that `make`
 * makes: what the command took, or the text of its help or the version. Throws FLAG_INVALID.
 */
export function readToolCommand<Taken>(
  make: (take: (command: Taken) => void) => Command,
  parameters: readonly string[],
): Taken | string {
  let found: Taken | undefined
  let help = ''
  const program = new Command('narthex').addCommand(
    make((command) => {
      found = command
    }),
  )
  configure(program, (text) => {
    help += text
  })
  try {
    program.parse([...parameters], { from: 'user' })
  } catch (thrown) {
    // Commander throws for help, too: asked for, or shown for want of a command; and for the version.
    const isHelp =
      thrown instanceof CommanderError && /^commander\.(?:help|version)/.test(thrown.code)
    if (!isHelp) {
      throw new NarthexError('FLAG_INVALID', messageOf(thrown).replace(/^error: /, ''))
    }
  }
  return found ?? help
}

function configure(command: Command, write: (text: string) => void): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'Show this help.')
    .helpCommand(false)
    .version(versionText(), '--version', 'Show the version.')
    .configureHelp({ ...helpLayout, showGlobalOptions: true })
    .configureOutput({ writeErr: write, writeOut: write, outputError: () => undefined })
  for (const child of command.commands) configure(child, write)
}
