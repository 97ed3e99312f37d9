import { hostname } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { ConsolePages, type ConsolePagesOptions } from '../rules/console-pages.ts'
import { externalUrlText } from './external-url.ts'
import type { Flags } from './flags.ts'

/** What --web.console.templates and --web.console.libraries name, as pages. */
export function consoleParts(
  flags: Flags,
  parts: Pick<ConsolePagesOptions, 'runner' | 'bounds' | 'externalLabels'>,
): ConsolePages {
  return new ConsolePages({
    ...parts,
    fs: nodeFileSystem,
    clock: systemClock,
    folders: {
      templates: flags.text('web.console.templates'),
      libraries: flags.text('web.console.libraries'),
    },
    externalUrl: externalUrlText(flags, hostname()),
  })
}
