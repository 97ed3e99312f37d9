import { hostname } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { builtFiles } from './built-files.ts'
import { ConsoleThread, type ConsoleThreadOptions } from './console-thread.ts'
import { externalUrlText } from './external-url.ts'
import type { Flags } from './flags.ts'
import { consoleSource } from './worker-source.ts'

/** What --web.console.templates and --web.console.libraries name, as pages. */
export function consoleParts(
  flags: Flags,
  parts: Pick<ConsoleThreadOptions, 'runner' | 'settings' | 'logger'>,
): ConsoleThread {
  return new ConsoleThread({
    ...parts,
    source: () => consoleSource(builtFiles(nodeFileSystem)),
    fs: nodeFileSystem,
    clock: systemClock,
    folders: {
      templates: flags.text('web.console.templates'),
      libraries: flags.text('web.console.libraries'),
    },
    externalUrl: externalUrlText(flags, hostname()),
  })
}
